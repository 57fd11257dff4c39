//! Values, first and second derivatives of every op that PyTorch has too, against a stored table (`xtask/fixtures/ops.py`); in single
//! precision too.

use super::torch_table::compare;
use gradus_tensor::Real;

fn hold<T: Real>(allowed: [f64; 3], part: f64) {
    let lines = compare::<T>(part);
    let bad: Vec<String> = lines
        .iter()
        .flat_map(|l| (0..3).filter(|&k| l.errors[k] > allowed[k]).map(|k| format!("{}: {}", l.name, l.words[k])))
        .collect();
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn every_op_has_the_derivatives_of_pytorch() {
    hold::<f64>([1e-9; 3], 0.0);
}

#[test]
fn every_op_has_them_in_single_precision() {
    hold::<f32>([1e-5, 1e-4, 1e-3], 1.0);
}
