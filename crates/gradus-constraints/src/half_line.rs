//! Numbers with one bound.

use crate::numbers::{border, each, numbers, softplus_inverse, uniform, worst};
use gradus_tensor::rand::Rng;
use gradus_tensor::{Parametrization, Real, Result, Tensor};

/// Numbers on one side of a bound: x = a + ln(1 + eʸ), or x = b − ln(1 + eʸ).
///
/// Onto the open half-line; `right_inverse` starts at least √ε from the bound. Any shape.
#[derive(Clone, Copy, Debug)]
pub struct HalfLine {
    bound: f64,
    sign: f64,
}

impl HalfLine {
    /// [a, ∞).
    #[must_use]
    pub fn at_least(a: f64) -> Self {
        HalfLine { bound: a, sign: 1.0 }
    }

    /// (−∞, b].
    #[must_use]
    pub fn at_most(b: f64) -> Self {
        HalfLine { bound: b, sign: -1.0 }
    }
}

impl<T: Real> Parametrization<T> for HalfLine {
    fn name(&self) -> &str {
        "half-line"
    }
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
        y[0].softplus() * self.sign + self.bound
    }
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        Ok(vec![each(x, |x| softplus_inverse((self.sign * (x - self.bound)).max(border::<T>())))])
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        worst(numbers(x).into_iter().map(|x| self.sign * (self.bound - x)))
    }
    /// The bound and a uniform number in (0, 1) beyond it.
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        Ok(each(&uniform::<T>(shape, rng), |u| self.bound + self.sign * u))
    }
}
