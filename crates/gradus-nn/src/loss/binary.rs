//! Binary cross-entropy from logits.

use super::one_shape;
use gradus_tensor::{Real, Tensor};

/// −t ln σ(x) − (1 − t) ln(1 − σ(x)), element by element, as (1 − t) x + ln(1 + e⁻ˣ): finite for any logit.
///
/// # Panics
/// If the shapes differ.
#[track_caller]
pub fn bce_with_logits_each<T: Real>(logits: &Tensor<T>, target: &Tensor<T>) -> Tensor<T> {
    one_shape("bce_with_logits", logits, target);
    (1.0 - target) * logits + (-logits).softplus()
}

/// The mean of [`bce_with_logits_each`].
///
/// # Panics
/// If the shapes differ or there are no elements.
#[doc(alias = "binary_cross_entropy_with_logits")]
#[track_caller]
pub fn bce_with_logits<T: Real>(logits: &Tensor<T>, target: &Tensor<T>) -> Tensor<T> {
    bce_with_logits_each(logits, target).mean()
}

/// The mean of −w t ln σ(x) − (1 − t) ln(1 − σ(x)): positives count w times (`pos_weight` in PyTorch; it broadcasts).
///
/// # Panics
/// If the shapes do not fit or there are no elements.
#[doc(alias = "pos_weight")]
#[track_caller]
pub fn bce_with_logits_weighted<T: Real>(logits: &Tensor<T>, target: &Tensor<T>, positive: &Tensor<T>) -> Tensor<T> {
    one_shape("bce_with_logits", logits, target);
    let weight = (positive - 1.0) * target + 1.0;
    ((1.0 - target) * logits + weight * (-logits).softplus()).mean()
}
