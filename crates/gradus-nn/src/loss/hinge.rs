//! Hinge loss of margins.

use super::one_shape;
use gradus_tensor::{Real, Tensor};

/// max(0, 1 − y s), element by element, for scores s and classes y = ±1.
///
/// # Panics
/// If the shapes differ.
#[track_caller]
pub fn hinge_each<T: Real>(scores: &Tensor<T>, classes: &Tensor<T>) -> Tensor<T> {
    one_shape("hinge", scores, classes);
    (1.0 - scores * classes).relu()
}

/// The mean of [`hinge_each`].
///
/// # Panics
/// If the shapes differ or there are no elements.
#[track_caller]
pub fn hinge<T: Real>(scores: &Tensor<T>, classes: &Tensor<T>) -> Tensor<T> {
    hinge_each(scores, classes).mean()
}
