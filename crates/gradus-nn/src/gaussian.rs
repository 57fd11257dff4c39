//! Normal predictive distributions: two networks for mean and variance, mixtures, intervals and scores.

use crate::loss::GaussianNll;
use crate::sequential::Sequential;
use gradus_derive::Module;
use gradus_init::normal::{cdf, quantile};
use gradus_tensor::{Mode, Real, Tensor};

/// A normal distribution for every target: mean and variance of one shape.
#[derive(Clone, Debug)]
pub struct Gaussian<T: Real = f32> {
    /// m.
    pub mean: Tensor<T>,
    /// v > 0.
    pub variance: Tensor<T>,
}

/// `p(y | x) = N(y; m(x), v(x))` with two networks, over a shared trunk or apart (Nix & Weigend 1994). The variance is
/// `ln(1 + eˢ) + floor`, so it stays above the floor.
#[derive(Debug, Module)]
pub struct GaussianRegressor<T: Real = f32> {
    trunk: Option<Sequential<T>>,
    mean: Sequential<T>,
    variance: Sequential<T>,
    floor: f64,
}

impl<T: Real> GaussianRegressor<T> {
    /// Two networks apart.
    pub fn separate(mean: Sequential<T>, variance: Sequential<T>) -> Self {
        GaussianRegressor { trunk: None, mean, variance, floor: 1e-6 }
    }

    /// Two heads on one trunk.
    pub fn shared(trunk: Sequential<T>, mean: Sequential<T>, variance: Sequential<T>) -> Self {
        GaussianRegressor { trunk: Some(trunk), mean, variance, floor: 1e-6 }
    }

    /// The smallest variance (1e-6).
    ///
    /// # Panics
    /// If it is not positive and finite.
    #[track_caller]
    #[must_use]
    pub fn floor(mut self, floor: f64) -> Self {
        assert!(floor > 0.0 && floor.is_finite(), "gaussian regressor: the floor must be positive, got {floor}");
        self.floor = floor;
        self
    }

    /// The distribution of the target at `x`.
    pub fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Gaussian<T> {
        let x = self.trunk.as_ref().map_or_else(|| x.clone(), |trunk| trunk.forward(x, mode));
        Gaussian {
            mean: self.mean.forward(&x, mode),
            variance: self.variance.forward(&x, mode).softplus() + self.floor,
        }
    }
}

impl<T: Real> Gaussian<T> {
    /// The normal distribution with the mean and variance of an even mixture: of an ensemble's members, or of passes under Monte-Carlo
    /// dropout. `m = mean mᵢ`, `v = mean (vᵢ + (mᵢ − m)²)` (Lakshminarayanan et al. 2017).
    ///
    /// # Panics
    /// If there are no parts, or their shapes differ.
    #[track_caller]
    pub fn mixture(parts: &[Self]) -> Self {
        assert!(!parts.is_empty(), "mixture: there are no parts; give the predictions of at least one net");
        let shape = parts[0].mean.shape();
        if let Some(odd) = parts.iter().find(|p| p.mean.shape() != shape || p.variance.shape() != shape) {
            let (m, v) = (odd.mean.shape(), odd.variance.shape());
            panic!("mixture: means and variances must have one shape, got {shape:?} and then {m:?} and {v:?}");
        }
        let count = parts.len() as f64;
        let mean: Tensor<T> = parts.iter().map(|p| p.mean.clone()).sum::<Tensor<T>>() / count;
        let variance = parts.iter().map(|p| &p.variance + (&p.mean - &mean).square()).sum::<Tensor<T>>() / count;
        Gaussian { mean, variance }
    }

    /// The same distributions for `scale · y + shift`: back to the units of raw targets.
    #[must_use]
    pub fn in_units_of(&self, shift: f64, scale: f64) -> Self {
        Gaussian { mean: &self.mean * scale + shift, variance: &self.variance * (scale * scale) }
    }

    /// The mean of −ln N(y; m, v), with its constant.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn nll(&self, y: &Tensor<T>) -> Tensor<T> {
        GaussianNll::new().eps(f64::MIN_POSITIVE.max(T::EPSILON.to_f64().powi(4))).full().of(
            &self.mean,
            &self.variance,
            y,
        )
    }

    /// The standardised targets (y − m)/√v as numbers.
    #[track_caller]
    fn standardised(&self, y: &Tensor<T>) -> Vec<(f64, f64)> {
        assert!(
            y.shape() == self.mean.shape(),
            "gaussian: targets {:?} and means {:?} must have one shape",
            y.shape(),
            self.mean.shape()
        );
        let (m, v) = (self.mean.to_vec(), self.variance.to_vec());
        let one = |((y, m), v): ((&T, &T), &T)| {
            let s = v.to_f64().sqrt();
            ((y.to_f64() - m.to_f64()) / s, s)
        };
        y.to_vec().iter().zip(&m).zip(&v).map(one).collect()
    }

    /// The mean continuous ranked probability score `s (z (2Φ(z) − 1) + 2φ(z) − 1/√π)`, in the units of y (Gneiting & Raftery 2007, eq. 21).
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn crps(&self, y: &Tensor<T>) -> f64 {
        let z = self.standardised(y);
        let one = |(&(z, s), (y, m)): (&(f64, f64), (&T, &T))| {
            if s == 0.0 {
                // The limit: the distribution is its mean.
                return (y.to_f64() - m.to_f64()).abs();
            }
            let density = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
            s * (z * (2.0 * cdf(z) - 1.0) + 2.0 * density - 1.0 / std::f64::consts::PI.sqrt())
        };
        z.iter().zip(y.to_vec().iter().zip(&self.mean.to_vec())).map(one).sum::<f64>() / z.len() as f64
    }

    /// The central interval that holds the target with probability `level`: (lower, upper).
    ///
    /// # Panics
    /// If the level is not in (0, 1).
    #[track_caller]
    pub fn interval(&self, level: f64) -> (Tensor<T>, Tensor<T>) {
        assert!(level > 0.0 && level < 1.0, "interval: the level must lie in (0, 1), got {level}");
        let half = self.variance.sqrt() * quantile(0.5 + 0.5 * level);
        (&self.mean - &half, &self.mean + half)
    }

    /// The part of the targets inside the central interval of each level.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn coverage(&self, y: &Tensor<T>, levels: &[f64]) -> Vec<f64> {
        let z = self.standardised(y);
        let inside = |level: &f64| z.iter().filter(|(z, _)| 2.0 * cdf(z.abs()) - 1.0 <= *level).count();
        levels.iter().map(|level| inside(level) as f64 / z.len() as f64).collect()
    }

    /// The mean distance of coverage and level over the levels 0.05, 0.10, …, 0.95: 0 for a calibrated model (Kuleshov et al. 2018).
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn calibration_error(&self, y: &Tensor<T>) -> f64 {
        let levels: Vec<f64> = (1..20).map(|k| f64::from(k) / 20.0).collect();
        let distance = self.coverage(y, &levels).iter().zip(&levels).map(|(c, l)| (c - l).abs()).sum::<f64>();
        distance / levels.len() as f64
    }
}
