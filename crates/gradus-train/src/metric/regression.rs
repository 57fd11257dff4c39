//! Errors of predicted numbers: RMSE, MAE, R².

use super::Metric;
use gradus_tensor::{Real, Tensor};

/// Counts, means and squared deviations of what was seen (Welford 1962; merged after Chan et al. 1983).
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    n: f64,
    squared: f64,
    absolute: f64,
    mean: f64,
    spread: f64,
}

impl Moments {
    fn see(&mut self, prediction: f64, target: f64) {
        let error = prediction - target;
        self.n += 1.0;
        self.squared += error * error;
        self.absolute += error.abs();
        let step = target - self.mean;
        self.mean += step / self.n;
        self.spread += step * (target - self.mean);
    }

    fn merge(&mut self, other: &Self) {
        if other.n == 0.0 {
            return;
        }
        let (n, step) = (self.n + other.n, other.mean - self.mean);
        self.spread += other.spread + step * step * self.n * other.n / n;
        self.mean += step * other.n / n;
        self.squared += other.squared;
        self.absolute += other.absolute;
        self.n = n;
    }
}

macro_rules! regression {
    ($(#[$doc:meta])* $Name:ident, $name:literal, $m:ident => $value:expr) => {
        $(#[$doc])*
        ///
        /// Shapes: prediction and target alike; all elements count.
        ///
        /// # Panics
        /// On a batch whose shapes differ.
        #[derive(Clone, Debug, Default)]
        pub struct $Name(Moments);

        impl $Name {
            /// Nothing seen.
            pub fn new() -> Self {
                $Name::default()
            }

            /// What both saw.
            pub fn merge(&mut self, other: &Self) {
                self.0.merge(&other.0);
            }
        }

        impl<T: Real> Metric<Tensor<T>, Tensor<T>> for $Name {
            fn name(&self) -> &str {
                $name
            }

            fn update(&mut self, prediction: &Tensor<T>, target: &Tensor<T>) {
                let (p, t) = (prediction.shape(), target.shape());
                assert!(p == t, "{}: prediction {p:?} and target {t:?} must have one shape", $name);
                for (p, t) in prediction.to_vec().into_iter().zip(target.to_vec()) {
                    self.0.see(p.to_f64(), t.to_f64());
                }
            }

            fn value(&self) -> f64 {
                let $m = &self.0;
                $value
            }

            fn reset(&mut self) {
                self.0 = Moments::default();
            }
        }
    };
}

regression!(
    /// Root mean squared error √(1/n Σ (ŷ − y)²).
    Rmse, "rmse", m => (m.squared / m.n).sqrt()
);
regression!(
    /// Mean absolute error 1/n Σ |ŷ − y|.
    Mae, "mae", m => m.absolute / m.n
);
regression!(
    /// The share of the targets' variance that is explained, 1 − Σ (ŷ − y)²/Σ (y − ȳ)²: 1 at best, 0 for always ȳ, and not
    /// bounded below. Where all targets are equal: 1 for no error, else −∞.
    R2, "r2", m => if m.squared == 0.0 && m.n > 0.0 { 1.0 } else { 1.0 - m.squared / m.spread }
);
