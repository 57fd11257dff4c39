//! Bounded numbers.

use crate::numbers::{border, each, numbers, uniform, worst};
use gradus_tensor::rand::Rng;
use gradus_tensor::{Parametrization, Real, Result, Tensor};

/// Numbers in an interval, x = a + (b − a)·σ(y), computed as a·σ(−y) + b·σ(y) so that rounding does not leave it.
///
/// Onto (a, b); `right_inverse` starts at least √ε·(b − a) from the ends. Any shape.
#[derive(Clone, Copy, Debug)]
pub struct Interval {
    a: f64,
    b: f64,
}

impl Interval {
    /// The interval [a, b].
    ///
    /// # Panics
    /// If not a < b, both finite.
    #[must_use]
    #[track_caller]
    pub fn new(a: f64, b: f64) -> Self {
        assert!(a < b && a.is_finite() && b.is_finite(), "Interval: needs finite a < b, got [{a}, {b}]");
        Interval { a, b }
    }
}

impl<T: Real> Parametrization<T> for Interval {
    fn name(&self) -> &str {
        "interval"
    }
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
        (-&y[0]).sigmoid() * self.a + y[0].sigmoid() * self.b
    }
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        let inside = border::<T>();
        Ok(vec![each(x, |x| {
            let u = ((x - self.a) / (self.b - self.a)).clamp(inside, 1.0 - inside);
            (u / (1.0 - u)).ln()
        })])
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        worst(numbers(x).into_iter().map(|x| (self.a - x).max(x - self.b)))
    }
    /// Uniform in (a, b).
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        Ok(each(&uniform::<T>(shape, rng), |u| self.a + (self.b - self.a) * u))
    }
}
