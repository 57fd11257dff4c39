//! Mean squared error.

use gradus_tensor::{Real, Tensor};

/// Mean squared error `1/N Σ (ŷ − y)²` over all elements.
///
/// # Panics
/// If the shapes differ or there are no elements.
#[doc(alias = "mse_loss")]
#[track_caller]
pub fn mse<T: Real>(prediction: &Tensor<T>, target: &Tensor<T>) -> Tensor<T> {
    assert!(
        prediction.shape() == target.shape(),
        "mse: prediction {:?} and target {:?} must have one shape; a silent broadcast would average over pairs",
        prediction.shape(),
        target.shape()
    );
    (prediction - target).square().mean()
}
