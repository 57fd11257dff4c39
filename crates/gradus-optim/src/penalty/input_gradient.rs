//! Norms of gradients with respect to inputs: double backprop, and the R1, R2 and WGAN-GP penalties of critics.

use super::select::root;
use super::{At, Penalty};
use crate::error::{Error, Kind};
use gradus_tensor::{Grad, Module, Real, Tensor, no_grad};
use rand::{Rng, RngExt};

/// ‖∇_{xᵢ} D(xᵢ)‖² of every sample, tracked: `[n]`.
///
/// `critic` maps a batch `[n, ..]` to `[n]` or `[n, 1]`, each row by itself (no batch norm in it): then one backward pass
/// of the sum gives every sample's own gradient. `x` becomes a new leaf: a path from `x` into older graphs ends here.
///
/// # Errors
/// If the critic's value does not depend on its input.
pub fn input_gradient_norms_sq<T: Real>(
    critic: impl FnOnce(&Tensor<T>) -> Tensor<T>,
    x: &Tensor<T>,
) -> Result<Tensor<T>, Error> {
    let x = x.detach().tracked();
    let value = critic(&x).sum();
    let gradient = Grad::of(&value).wrt(&x).create_graph().run();
    let gradient = gradient.map_err(|e| Error::new(Kind::Gradient, format!("input gradient: {e}")))?;
    let n = x.shape().first().copied().unwrap_or(1);
    let flat = gradient.reshape(&[n, x.len() / n.max(1)]);
    Ok(flat.square().sum_axes(&[1], false))
}

/// (γ/2) · 1/n Σᵢ ‖∇D(xᵢ)‖² at real samples. Source: Mescheder, Geiger & Nowozin 2018, eq. 9.
///
/// # Errors
/// As [`input_gradient_norms_sq`].
pub fn r1<T: Real>(
    critic: impl FnOnce(&Tensor<T>) -> Tensor<T>,
    real: &Tensor<T>,
    gamma: f64,
) -> Result<Tensor<T>, Error> {
    Ok(input_gradient_norms_sq(critic, real)?.mean() * (gamma / 2.0))
}

/// (γ/2) · 1/n Σᵢ ‖∇D(xᵢ)‖² at generated samples: [`r1`] at the other distribution.
///
/// # Errors
/// As [`input_gradient_norms_sq`].
pub fn r2<T: Real>(
    critic: impl FnOnce(&Tensor<T>) -> Tensor<T>,
    fake: &Tensor<T>,
    gamma: f64,
) -> Result<Tensor<T>, Error> {
    r1(critic, fake, gamma)
}

/// λ · 1/n Σᵢ (‖∇D(x̂ᵢ)‖ − 1)² at x̂ᵢ = uᵢ realᵢ + (1 − uᵢ) fakeᵢ with uᵢ ~ U[0, 1), one for each sample.
///
/// The critic must treat samples apart: layer norm, not batch norm. Source: Gulrajani et al. 2017, eq. 3.
///
/// # Errors
/// As [`input_gradient_norms_sq`].
///
/// # Panics
/// If real and fake have different shapes.
pub fn wgan_gp<T: Real>(
    critic: impl FnOnce(&Tensor<T>) -> Tensor<T>,
    real: &Tensor<T>,
    fake: &Tensor<T>,
    lambda: f64,
    rng: &mut (impl Rng + ?Sized),
) -> Result<Tensor<T>, Error> {
    assert!(
        real.shape() == fake.shape(),
        "wgan_gp: real {:?} and fake {:?} samples must have one shape",
        real.shape(),
        fake.shape()
    );
    let mut shape = vec![1; real.rank()];
    shape[0] = real.shape()[0];
    let u = Tensor::build(&shape, |u| u.iter_mut().for_each(|u| *u = T::from_f64(rng.random::<f64>())));
    let between = no_grad(|| real * &u + fake * (1.0 - &u));
    let norms = root(&input_gradient_norms_sq(critic, &between)?);
    Ok((norms - 1.0).square().mean() * lambda)
}

/// See [`input_gradient_sq`].
#[derive(Clone, Copy, Debug)]
pub struct InputGradientSq {
    lambda: f64,
}

/// λ · 1/n Σᵢ ‖∇_{xᵢ} ℓᵢ‖² with ℓᵢ the loss of sample i, for batches (x, y) of a mean over samples (double backprop).
///
/// The data term is evaluated once more at x, under the same masks. Where samples act on each other (batch norm in
/// training), ∇_{xᵢ} is that of the whole mean, times n. Source: Drucker & LeCun 1992.
pub fn input_gradient_sq(lambda: f64) -> InputGradientSq {
    InputGradientSq { lambda }
}

impl<N: Module, Y: Clone> Penalty<N, (Tensor<N::Elem>, Y)> for InputGradientSq {
    fn name(&self) -> &str {
        "input_gradient_sq"
    }

    fn value(&self, at: At<'_, N, (Tensor<N::Elem>, Y)>) -> Result<Tensor<N::Elem>, Error> {
        let (x, y) = at.batch;
        let x = x.detach().tracked();
        let batch = (x.clone(), y.clone());
        let value = (at.data_term)(at.net, &batch, at.mode);
        let gradient = Grad::of(&value).wrt(&x).create_graph().run();
        let gradient = gradient.map_err(|e| Error::new(Kind::Gradient, format!("input_gradient_sq: {e}")))?;
        let n = x.shape().first().copied().unwrap_or(1);
        // ∇ of the mean is ∇ℓᵢ/n: 1/n Σ ‖n gᵢ‖² = n Σ ‖gᵢ‖².
        Ok(gradient.sum_of_squares() * (self.lambda * n as f64))
    }
}
