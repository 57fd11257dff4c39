//! The largest singular value of each weight.

use super::select::{root, selectable, sum};
use super::{At, Penalty, Select};
use crate::error::Error;
use gradus_tensor::{Module, Real, Tensor, no_grad};

/// See [`spectral`].
#[derive(Clone, Debug)]
pub struct Spectral {
    lambda: f64,
    select: Select,
}

/// λ Σ_ℓ σ_max(W_ℓ)², each weight taken as a matrix `[n_out, rest]`. Source: Yoshida & Miyato 2017.
///
/// σ_max comes from [`spectral_norm`]: see there how exact its derivatives are.
pub fn spectral(lambda: f64) -> Spectral {
    Spectral { lambda, select: Select::Weights }
}

selectable!(Spectral);

/// How many power iterations find the singular vector, and how many more are recorded.
const FOUND: usize = 60;
const RECORDED: usize = 6;

/// σ_max(W) of a matrix `[m, n]`, by power iteration, tracked.
///
/// 60 iterations find the right singular vector v; six more steps v ← WᵀWv/‖WᵀWv‖ are recorded. With r = (σ₂/σ₁)²: the
/// value and the first derivative are exact where the iteration has converged (r⁶⁰ small), the second derivative within
/// r⁶ of itself. Where σ₁ = σ₂ there is no derivative; what comes is one of the subgradients.
///
/// # Panics
/// If `w` is not a matrix.
pub fn spectral_norm<T: Real>(w: &Tensor<T>) -> Tensor<T> {
    assert!(w.rank() == 2, "spectral_norm: needs a matrix, got shape {:?}", w.shape());
    if w.is_empty() {
        return Tensor::scalar(0.0);
    }
    // σ is homogeneous: over the largest entry, a constant, no square of a square overflows or is lost.
    let top = no_grad(|| w.detach().abs().max()).item().to_f64();
    if top > 0.0 && top.is_finite() { largest(&(w / top)) * top } else { largest(w) }
}

/// [`spectral_norm`] of a matrix with entries of the size of 1.
fn largest<T: Real>(w: &Tensor<T>) -> Tensor<T> {
    let n = w.shape()[1];
    let step = |w: &Tensor<T>, v: &Tensor<T>| {
        let next = w.t().matmul(&w.matmul(v));
        let norm = root(&next.sum_of_squares());
        if norm.item() == T::ZERO { v.clone() } else { next / norm }
    };
    // A start with all kinds of entries, so that it is orthogonal to no singular vector that comes up in practice.
    let mut v = Tensor::build(&[n, 1], |x| {
        x.iter_mut().enumerate().for_each(|(i, x)| *x = T::from_f64(1.0 + ((i * 7919) % 97) as f64 / 97.0));
    });
    no_grad(|| {
        let constant = w.detach();
        for _ in 0..FOUND {
            v = step(&constant, &v);
        }
    });
    v = v.detach();
    for _ in 0..RECORDED {
        v = step(w, &v);
    }
    root(&w.matmul(&v).sum_of_squares()) / root(&v.sum_of_squares())
}

impl<N: Module, B> Penalty<N, B> for Spectral {
    fn name(&self) -> &str {
        "spectral"
    }

    fn value(&self, at: At<'_, N, B>) -> Result<Tensor<N::Elem>, Error> {
        let weights = self.select.values("spectral", at.net)?;
        let term = |w: &Tensor<N::Elem>| {
            let units = w.shape().first().copied().unwrap_or(1);
            spectral_norm(&w.reshape(&[units, w.len() / units])).square()
        };
        Ok(sum(weights.iter().filter(|w| !w.is_empty()).map(term)) * self.lambda)
    }
}
