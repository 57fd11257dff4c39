//! Losses that grow linearly far out, so that outliers pull with a bounded force.

use super::{absolute_value, one_shape};
use gradus_tensor::{Real, Tensor};

/// |ŷ − y|, element by element; the derivative at 0 is 0.
///
/// # Panics
/// If the shapes differ.
#[track_caller]
pub fn l1_each<T: Real>(prediction: &Tensor<T>, target: &Tensor<T>) -> Tensor<T> {
    one_shape("l1", prediction, target);
    absolute_value(&(prediction - target))
}

/// Mean absolute error `1/N Σ |ŷ − y|`.
///
/// # Panics
/// If the shapes differ or there are no elements.
#[doc(alias = "l1_loss")]
#[track_caller]
pub fn l1<T: Real>(prediction: &Tensor<T>, target: &Tensor<T>) -> Tensor<T> {
    l1_each(prediction, target).mean()
}

/// d²/2 for |d| < δ, else δ (|d| − δ/2), with d = ŷ − y, element by element (Huber 1964).
///
/// # Panics
/// If the shapes differ or δ is not positive.
#[track_caller]
pub fn huber_each<T: Real>(prediction: &Tensor<T>, target: &Tensor<T>, delta: f64) -> Tensor<T> {
    assert!(delta > 0.0 && delta.is_finite(), "huber: delta must be positive and finite, got {delta}");
    one_shape("huber", prediction, target);
    let d = prediction - target;
    // A mask, and not min(|d|, δ): the second derivative at 0 is 1, and squaring a large d would overflow. What is filled, and not
    // multiplied by 0, may be infinite.
    let size = absolute_value(&d);
    let near = size.lt(delta);
    let inner = d.masked_fill(&near.not(), 0.0).square() * 0.5;
    let outer = ((size - 0.5 * delta) * delta).masked_fill(&near, 0.0);
    inner + outer
}

/// The mean of [`huber_each`].
///
/// # Panics
/// If the shapes differ, there are no elements, or δ is not positive.
#[doc(alias = "huber_loss")]
#[track_caller]
pub fn huber<T: Real>(prediction: &Tensor<T>, target: &Tensor<T>, delta: f64) -> Tensor<T> {
    huber_each(prediction, target, delta).mean()
}

/// d²/(2β) for |d| < β, else |d| − β/2: [`huber_each`] over β.
///
/// # Panics
/// If the shapes differ or β is not positive.
#[track_caller]
pub fn smooth_l1_each<T: Real>(prediction: &Tensor<T>, target: &Tensor<T>, beta: f64) -> Tensor<T> {
    assert!(beta > 0.0 && beta.is_finite(), "smooth_l1: beta must be positive and finite, got {beta}; for 0 take l1");
    huber_each(prediction, target, beta) / beta
}

/// The mean of [`smooth_l1_each`].
///
/// # Panics
/// If the shapes differ, there are no elements, or β is not positive.
#[doc(alias = "smooth_l1_loss")]
#[track_caller]
pub fn smooth_l1<T: Real>(prediction: &Tensor<T>, target: &Tensor<T>, beta: f64) -> Tensor<T> {
    smooth_l1_each(prediction, target, beta).mean()
}
