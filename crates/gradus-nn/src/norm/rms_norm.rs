//! Normalisation by the root mean square: no centring, so half the work of a layer norm.

use super::check_eps;
use crate::layer::Layer;
use gradus_derive::Module;
use gradus_tensor::extend::refuse;
use gradus_tensor::{Mode, Param, Real, Role, Tensor};

/// `y = γ x / √(mean x² + ε)` over the last axis (Zhang & Sennrich 2019).
///
/// Shapes: x `[.., n]`, γ `[n]`. ε = 1e-6.
///
/// # Panics
/// If the last axis of x is not n long.
#[doc(alias = "RMSNorm")]
#[derive(Debug, Module)]
pub struct RmsNorm<T: Real = f32> {
    weight: Param<T>,
    eps: f64,
}

impl<T: Real> RmsNorm<T> {
    /// Over n features, γ = 1.
    pub fn new(n: usize) -> Self {
        RmsNorm { weight: Param::new(&Tensor::ones(&[n]), Role::Scale), eps: 1e-6 }
    }

    /// With another ε.
    ///
    /// # Panics
    /// If ε is not finite and positive.
    #[track_caller]
    #[must_use]
    pub fn eps(mut self, eps: f64) -> Self {
        check_eps("rms_norm", eps);
        self.eps = eps;
        self
    }

    /// The output for the input `x`.
    #[track_caller]
    pub fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        let gamma = self.weight.value();
        if x.shape().last() != gamma.shape().first() {
            refuse(&format!("rms_norm: the last axis of x must be {} long, got x {:?}", gamma.len(), x.shape()));
        }
        let y = x.rms_norm(&gamma, self.eps);
        mode.report(self, &[x], y)
    }
}

impl<T: Real> Layer<T> for RmsNorm<T> {
    fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        self.forward(x, mode)
    }
}
