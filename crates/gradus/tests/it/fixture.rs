//! Stored numbers of another library.

use gradus::tensor::{Index, Tensor};
use serde_json::Value;

/// The fixture file.
pub(crate) fn training() -> Value {
    serde_json::from_str(include_str!("../fixtures/training.json")).unwrap()
}

/// Numbers of a field as a tensor.
pub(crate) fn tensor(v: &Value, shape: &[usize]) -> Tensor<f64> {
    Tensor::from_slice(shape, &floats(v))
}

/// Numbers of a field.
pub(crate) fn floats(v: &Value) -> Vec<f64> {
    v.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

/// Class labels of a field.
pub(crate) fn labels(v: &[Value]) -> Index {
    Index::new(&[v.len()], v.iter().map(|x| x.as_u64().unwrap() as u32).collect())
}

/// Asserts that numbers agree to `tolerance`, relative to the larger of the expected number and 1.
#[track_caller]
pub(crate) fn close(what: &str, got: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(got.len(), expected.len(), "{what}: different lengths");
    for (i, (a, b)) in got.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= tolerance * b.abs().max(1.0), "{what}[{i}]: got {a}, expected {b}");
    }
}
