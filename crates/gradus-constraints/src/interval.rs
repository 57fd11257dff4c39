//! Bounded numbers.

use crate::numbers::{each, logit_within, numbers, uniform, worst};
use gradus_tensor::rand::Rng;
use gradus_tensor::{Parametrization, Real, Result, Tensor};

/// Numbers in an interval, x = a + (b − a)·σ(y), computed from the nearer end so that rounding does not leave it.
///
/// Onto (a, b); `right_inverse` of the ends and of what is beyond starts √ε·(b − a) inside. Any shape.
#[derive(Clone, Copy, Debug)]
pub struct Interval {
    a: f64,
    b: f64,
}

impl Interval {
    /// The interval [a, b].
    ///
    /// # Panics
    /// If not a < b, both and b − a finite.
    #[must_use]
    #[track_caller]
    pub fn new(a: f64, b: f64) -> Self {
        assert!(a < b && (b - a).is_finite(), "Interval: needs finite a < b, got [{a}, {b}]");
        Interval { a, b }
    }
}

impl<T: Real> Parametrization<T> for Interval {
    fn name(&self) -> &str {
        "interval"
    }
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
        // From the nearer end: half the length at most is added to a, or taken off b.
        let width = self.b - self.a;
        let low = y[0].sigmoid() * width + self.a;
        let high = self.b - (-&y[0]).sigmoid() * width;
        Tensor::where_(&y[0].lt(0.0), &low, &high)
    }
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        Ok(vec![each(x, |x| logit_within::<T>(x, self.a, self.b))])
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        worst(numbers(x).into_iter().map(|x| (self.a - x).max(x - self.b)))
    }
    /// Uniform in (a, b).
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        Ok(each(&uniform::<T>(shape, rng), |u| self.a + (self.b - self.a) * u))
    }
}
