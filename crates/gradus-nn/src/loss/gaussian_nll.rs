//! Negative log-likelihood under a normal distribution with a predicted variance.

use super::one_shape;
use gradus_tensor::{Real, Tensor};

/// The mean of ½ (ln v + (y − m)²/v): [`GaussianNll`] with its defaults.
///
/// # Panics
/// If the shapes differ or there are no elements.
#[doc(alias = "gaussian_nll_loss")]
#[track_caller]
pub fn gaussian_nll<T: Real>(mean: &Tensor<T>, variance: &Tensor<T>, target: &Tensor<T>) -> Tensor<T> {
    GaussianNll::new().of(mean, variance, target)
}

/// −ln N(y; m, v) = ½ (ln v + (y − m)²/v) + ½ ln 2π, the last term only where asked for.
///
/// A variance below ε is taken as ε, and the gradient passes as if it were not, as in PyTorch: the derivatives with respect to v, of every
/// order, are those of the formula at v = ε, so a variance that fell too low is still pushed up. Finite for all finite inputs whose
/// (y − m)²/v is representable.
#[derive(Clone, Copy, Debug)]
pub struct GaussianNll {
    eps: f64,
    beta: f64,
    full: bool,
}

impl Default for GaussianNll {
    fn default() -> Self {
        Self::new()
    }
}

impl GaussianNll {
    /// ε = 1e-6, no constant term, β = 0.
    #[must_use]
    pub fn new() -> Self {
        GaussianNll { eps: 1e-6, beta: 0.0, full: false }
    }

    /// The smallest variance.
    ///
    /// # Panics
    /// If ε is not positive and finite.
    #[track_caller]
    #[must_use]
    pub fn eps(mut self, eps: f64) -> Self {
        assert!(eps > 0.0 && eps.is_finite(), "gaussian_nll: eps must be positive and finite, got {eps}");
        self.eps = eps;
        self
    }

    /// β-NLL: each element is weighted by v^β, taken as a constant, so that badly fitted regions are not left aside; 0 is the plain loss,
    /// 1 trains the mean as mean squared error does (Seitzer et al. 2022).
    ///
    /// # Panics
    /// If β is not in [0, 1].
    #[track_caller]
    #[must_use]
    pub fn beta(mut self, beta: f64) -> Self {
        assert!((0.0..=1.0).contains(&beta), "gaussian_nll: beta must lie in [0, 1], got {beta}");
        self.beta = beta;
        self
    }

    /// With the constant ½ ln 2π.
    #[must_use]
    pub fn full(mut self) -> Self {
        self.full = true;
        self
    }

    /// The loss of each element.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn each<T: Real>(&self, mean: &Tensor<T>, variance: &Tensor<T>, target: &Tensor<T>) -> Tensor<T> {
        one_shape("gaussian_nll", mean, target);
        one_shape("gaussian_nll", variance, target);
        let mut each = mean.gaussian_nll(variance, target, self.eps);
        if self.full {
            each = each + 0.5 * std::f64::consts::TAU.ln();
        }
        if self.beta == 0.0 {
            return each;
        }
        let v = variance.detach().clamp(self.eps, f64::INFINITY);
        each * (v.ln() * self.beta).exp()
    }

    /// The mean over the elements.
    ///
    /// # Panics
    /// If the shapes differ or there are no elements.
    #[track_caller]
    pub fn of<T: Real>(&self, mean: &Tensor<T>, variance: &Tensor<T>, target: &Tensor<T>) -> Tensor<T> {
        self.each(mean, variance, target).mean()
    }
}
