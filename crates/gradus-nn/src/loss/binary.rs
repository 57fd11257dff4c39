//! Binary cross-entropy from logits.

use super::one_shape;
use gradus_tensor::{Real, Tensor};

/// −t ln σ(x) − (1 − t) ln(1 − σ(x)), element by element, as t ln(1 + e⁻ˣ) + (1 − t) ln(1 + eˣ): finite for any logit, and every digit
/// of loss and gradient is kept on either side, however sure the net is.
///
/// # Panics
/// If the shapes differ.
#[track_caller]
pub fn bce_with_logits_each<T: Real>(logits: &Tensor<T>, target: &Tensor<T>) -> Tensor<T> {
    one_shape("bce_with_logits", logits, target);
    two_sides(logits, target, target)
}

/// p ln(1 + e⁻ˣ) + (1 − t) ln(1 + eˣ). The shorter (1 − t) x + ln(1 + e⁻ˣ) subtracts equals where t = 0 and x is far below 0.
#[track_caller]
fn two_sides<T: Real>(logits: &Tensor<T>, positive: &Tensor<T>, target: &Tensor<T>) -> Tensor<T> {
    positive * (-logits).softplus() + (1.0 - target) * logits.softplus()
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
    two_sides(logits, &(positive * target), target).mean()
}
