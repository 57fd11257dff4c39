//! Multivariate normal predictive distributions: a mean and a Cholesky factor for every target.

use crate::gaussian::Gaussian;
use crate::linear::drawn;
use crate::sequential::Sequential;
use gradus_constraints::CholeskyFactor;
use gradus_derive::Module;
use gradus_init::normal;
use gradus_tensor::extend::refuse;
use gradus_tensor::rand::Rng;
use gradus_tensor::{Mode, Parametrization, Real, Result, Tensor, Triangular};

/// A normal distribution over d numbers for every target, N(m, L Lᵀ).
#[derive(Clone, Debug)]
pub struct MultivariateGaussian<T: Real = f32> {
    /// m `[n, d]`.
    pub mean: Tensor<T>,
    /// L `[n, d, d]`, lower triangular with a positive diagonal.
    pub factor: Tensor<T>,
}

/// `p(y | x) = N(y; m(x), L(x) L(x)ᵀ)`: one network for the mean, one for the numbers of the Cholesky factor, over a shared trunk or apart
/// (Williams 1996; Dorta et al. 2018). L is the [`CholeskyFactor`] of the second network's numbers, with a floor added to the diagonal.
///
/// Shapes: the mean network answers `[n, d]`, the factor's `[n, d²]`; of its d x d numbers those above the diagonal are not used.
///
/// # Panics
/// If the networks answer other shapes.
#[derive(Debug, Module)]
pub struct MultivariateRegressor<T: Real = f32> {
    trunk: Option<Sequential<T>>,
    mean: Sequential<T>,
    factor: Sequential<T>,
    floor: f64,
}

impl<T: Real> MultivariateRegressor<T> {
    /// Two networks apart.
    pub fn separate(mean: Sequential<T>, factor: Sequential<T>) -> Self {
        MultivariateRegressor { trunk: None, mean, factor, floor: 1e-3 }
    }

    /// Two heads on one trunk.
    pub fn shared(trunk: Sequential<T>, mean: Sequential<T>, factor: Sequential<T>) -> Self {
        MultivariateRegressor { trunk: Some(trunk), mean, factor, floor: 1e-3 }
    }

    /// What is added to the diagonal of L (1e-3): the least standard deviation.
    ///
    /// # Panics
    /// If it is not positive and finite.
    #[track_caller]
    #[must_use]
    pub fn floor(mut self, floor: f64) -> Self {
        assert!(floor > 0.0 && floor.is_finite(), "multivariate regressor: the floor must be positive, got {floor}");
        self.floor = floor;
        self
    }

    /// The distribution of the target at `x`.
    #[track_caller]
    pub fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> MultivariateGaussian<T> {
        let x = self.trunk.as_ref().map_or_else(|| x.clone(), |trunk| trunk.forward(x, mode));
        let (mean, numbers) = (self.mean.forward(&x, mode), self.factor.forward(&x, mode));
        let &[n, d] = mean.shape() else {
            refuse(&format!("multivariate regressor: the mean must be [n, d], got {:?}", mean.shape()))
        };
        if numbers.shape() != [n, d * d] {
            let got = numbers.shape();
            refuse(&format!("multivariate regressor: the factor's network must answer [{n}, {}], got {got:?}", d * d));
        }
        let factor = CholeskyFactor.forward(&[numbers.reshape(&[n, d, d])]) + Tensor::eye(d) * self.floor;
        MultivariateGaussian { mean, factor }
    }
}

impl<T: Real> MultivariateGaussian<T> {
    /// z = L⁻¹ (y − m) `[n, d]`: standard normal where the distribution is right.
    ///
    /// # Errors
    /// If a diagonal of L holds 0.
    ///
    /// # Panics
    /// If y has another shape than the mean.
    #[track_caller]
    pub fn standardised(&self, y: &Tensor<T>) -> Result<Tensor<T>> {
        if y.shape() != self.mean.shape() {
            let (y, m) = (y.shape(), self.mean.shape());
            refuse(&format!("multivariate gaussian: targets {y:?} and means {m:?} must have one shape"));
        }
        let z = self.factor.triangular_solve(&(y - &self.mean).unsqueeze(-1), Triangular::LOWER)?;
        Ok(z.squeeze(-1))
    }

    /// The mean over the targets of `−ln N(y; m, L Lᵀ) = ½‖L⁻¹ (y − m)‖² + Σᵢ ln Lᵢᵢ + ½ d ln 2π`.
    ///
    /// # Errors
    /// If a diagonal of L holds 0.
    ///
    /// # Panics
    /// If y has another shape than the mean.
    #[track_caller]
    pub fn nll(&self, y: &Tensor<T>) -> Result<Tensor<T>> {
        let z = self.standardised(y)?;
        let (n, d) = (z.shape()[0] as f64, z.shape()[1] as f64);
        let logs = self.factor.diagonal(0).ln().sum();
        Ok((z.sum_of_squares() * 0.5 + logs) / n + 0.5 * d * std::f64::consts::TAU.ln())
    }

    /// L Lᵀ `[n, d, d]`.
    pub fn covariance(&self) -> Tensor<T> {
        self.factor.matmul(&self.factor.t())
    }

    /// The distributions of the single numbers: m and the diagonal of L Lᵀ.
    pub fn marginals(&self) -> Gaussian<T> {
        Gaussian { mean: self.mean.clone(), variance: self.factor.square().sum_axes(&[-1], false) }
    }

    /// One draw for every target, m + L z with z ~ N(0, 1); differentiable in m and L.
    #[doc(alias = "rsample")]
    pub fn sample(&self, rng: &mut (impl Rng + ?Sized)) -> Tensor<T> {
        let z = drawn(&normal(0.0, 1.0), self.mean.shape(), rng);
        &self.mean + self.factor.matmul(&z.unsqueeze(-1)).squeeze(-1)
    }
}
