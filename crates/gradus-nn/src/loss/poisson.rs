//! Negative log-likelihood of counts.

use super::one_shape;
use gradus_tensor::{Real, Tensor};

/// eˣ − t x, element by element: −ln Poisson(t; λ = eˣ) without the term ln t!, which no derivative sees.
///
/// Finite as long as eˣ is representable.
///
/// # Panics
/// If the shapes differ.
#[track_caller]
pub fn poisson_nll_each<T: Real>(log_rate: &Tensor<T>, counts: &Tensor<T>) -> Tensor<T> {
    one_shape("poisson_nll", log_rate, counts);
    log_rate.exp() - counts * log_rate
}

/// The mean of [`poisson_nll_each`].
///
/// # Panics
/// If the shapes differ or there are no elements.
#[track_caller]
pub fn poisson_nll<T: Real>(log_rate: &Tensor<T>, counts: &Tensor<T>) -> Tensor<T> {
    poisson_nll_each(log_rate, counts).mean()
}
