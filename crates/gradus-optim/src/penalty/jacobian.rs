//! The Frobenius norm of the Jacobian of outputs with respect to inputs, exact or by Hutchinson's estimate.

use super::{At, Penalty};
use crate::error::{Error, Kind};
use gradus_tensor::{Grad, Mode, Module, Real, Tensor};
use rand::{Rng, RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

/// 1/n Σᵢ ‖∂f(xᵢ)/∂xᵢ‖_F², tracked: one backward pass for each of the c outputs.
///
/// `f` maps `[n, ..]` to `[n, c]`, each row by itself.
///
/// # Errors
/// If the value does not depend on the input.
///
/// # Panics
/// If f does not answer `[n, c]`.
pub fn jacobian_norm_sq<T: Real>(f: impl FnOnce(&Tensor<T>) -> Tensor<T>, x: &Tensor<T>) -> Result<Tensor<T>, Error> {
    let (x, y) = evaluate(f, x);
    let mut terms = Vec::with_capacity(y.shape()[1]);
    for k in 0..y.shape()[1] {
        terms.push(pulled_sq(&y.select(1, k).sum(), &x)?);
    }
    Ok(super::select::sum(terms) * (1.0 / x.shape()[0] as f64))
}

/// [`jacobian_norm_sq`] by `samples` random projections: E‖vᵀJ‖² = ‖J‖_F² for v of independent signs.
///
/// Unbiased; the relative spread of one projection is at most √2 for each sample, averaged over the batch.
/// Source: Hoffman, Roberts & Yaida 2019.
///
/// # Errors
/// As [`jacobian_norm_sq`].
///
/// # Panics
/// If f does not answer `[n, c]`, or `samples` is 0.
pub fn jacobian_norm_sq_estimate<T: Real>(
    f: impl FnOnce(&Tensor<T>) -> Tensor<T>,
    x: &Tensor<T>,
    samples: usize,
    rng: &mut (impl Rng + ?Sized),
) -> Result<Tensor<T>, Error> {
    assert!(samples > 0, "jacobian_norm_sq_estimate: needs at least one sample");
    let (x, y) = evaluate(f, x);
    let mut terms = Vec::with_capacity(samples);
    for _ in 0..samples {
        terms.push(pulled_sq(&(&y * signs(y.shape(), rng)).sum(), &x)?);
    }
    Ok(super::select::sum(terms) * (1.0 / (samples * x.shape()[0]) as f64))
}

fn evaluate<T: Real>(f: impl FnOnce(&Tensor<T>) -> Tensor<T>, x: &Tensor<T>) -> (Tensor<T>, Tensor<T>) {
    let x = x.detach().tracked();
    let y = f(&x);
    assert!(
        y.rank() == 2 && x.rank() > 0 && y.shape()[0] == x.shape()[0],
        "jacobian: the function must map [n, ..] to [n, c], got {:?} from {:?}",
        y.shape(),
        x.shape()
    );
    (x, y)
}

fn pulled_sq<T: Real>(y: &Tensor<T>, x: &Tensor<T>) -> Result<Tensor<T>, Error> {
    let gradient = Grad::of(y).wrt(x).create_graph().run();
    Ok(gradient.map_err(|e| Error::new(Kind::Gradient, format!("jacobian: {e}")))?.sum_of_squares())
}

/// Independent ±1.
pub(super) fn signs<T: Real>(shape: &[usize], rng: &mut (impl Rng + ?Sized)) -> Tensor<T> {
    Tensor::build(shape, |v| v.iter_mut().for_each(|v| *v = if rng.random() { T::ONE } else { -T::ONE }))
}

/// A generator for the random numbers of one penalty in one step.
pub(super) fn generator(mode: &mut Mode) -> Xoshiro256PlusPlus {
    let [key, call] = mode.next_key();
    Xoshiro256PlusPlus::seed_from_u64(key ^ call.rotate_left(32))
}

/// See [`jacobian_sq`].
pub struct JacobianSq<F> {
    lambda: f64,
    forward: F,
    samples: usize,
}

/// λ · 1/n Σᵢ ‖∂f(xᵢ)/∂xᵢ‖_F² with f the net's `forward`, for batches (x, y); exact unless [`estimate`](JacobianSq::estimate).
pub fn jacobian_sq<F>(lambda: f64, forward: F) -> JacobianSq<F> {
    JacobianSq { lambda, forward, samples: 0 }
}

impl<F> JacobianSq<F> {
    /// By this many random projections a step.
    #[must_use]
    pub fn estimate(self, samples: usize) -> Self {
        JacobianSq { samples, ..self }
    }
}

impl<N, Y, F> Penalty<N, (Tensor<N::Elem>, Y)> for JacobianSq<F>
where
    N: Module,
    F: Fn(&N, &Tensor<N::Elem>, &mut Mode) -> Tensor<N::Elem> + Send + Sync,
{
    fn name(&self) -> &str {
        "jacobian_sq"
    }

    fn value(&self, at: At<'_, N, (Tensor<N::Elem>, Y)>) -> Result<Tensor<N::Elem>, Error> {
        let mut rng = generator(at.mode);
        let mut again = at.mode.again();
        let f = |x: &Tensor<N::Elem>| (self.forward)(at.net, x, &mut again);
        let value = match self.samples {
            0 => jacobian_norm_sq(f, &at.batch.0)?,
            samples => jacobian_norm_sq_estimate(f, &at.batch.0, samples, &mut rng)?,
        };
        Ok(value * self.lambda)
    }
}
