//! Mean squared error.

use super::one_shape;
use gradus_tensor::{Real, Tensor};

/// (ŷ − y)² of each element.
///
/// # Panics
/// If the shapes differ.
#[track_caller]
pub fn mse_each<T: Real>(prediction: &Tensor<T>, target: &Tensor<T>) -> Tensor<T> {
    one_shape("mse", prediction, target);
    (prediction - target).square()
}

/// Mean squared error `1/N Σ (ŷ − y)²` over all elements.
///
/// # Panics
/// If the shapes differ or there are no elements.
#[doc(alias = "mse_loss")]
#[track_caller]
pub fn mse<T: Real>(prediction: &Tensor<T>, target: &Tensor<T>) -> Tensor<T> {
    one_shape("mse", prediction, target);
    let n = prediction.len();
    assert!(n > 0, "mse: tensors of shape {:?} have no elements, so they have no mean", prediction.shape());
    (prediction - target).sum_of_squares() / n as f64
}
