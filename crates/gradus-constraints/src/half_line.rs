//! Numbers with one bound.

use crate::numbers::{each, numbers, off_border, softplus_inverse, uniform, worst};
use gradus_tensor::rand::Rng;
use gradus_tensor::{Parametrization, Real, Result, Tensor};

/// Numbers on one side of a bound: x = a + ln(1 + eʸ), or x = b − ln(1 + eʸ).
///
/// Onto the open half-line; `right_inverse` of the bound and of what is beyond starts √ε from it. Any shape.
#[derive(Clone, Copy, Debug)]
pub struct HalfLine {
    bound: f64,
    sign: f64,
}

#[track_caller]
fn checked(who: &str, bound: f64) -> f64 {
    assert!(bound.is_finite(), "HalfLine: {who} needs a finite bound, got {bound}; leave the weight free instead");
    bound
}

impl HalfLine {
    /// [a, ∞).
    ///
    /// # Panics
    /// If a is not finite.
    #[must_use]
    #[track_caller]
    pub fn at_least(a: f64) -> Self {
        HalfLine { bound: checked("at_least", a), sign: 1.0 }
    }

    /// (−∞, b].
    ///
    /// # Panics
    /// If b is not finite.
    #[must_use]
    #[track_caller]
    pub fn at_most(b: f64) -> Self {
        HalfLine { bound: checked("at_most", b), sign: -1.0 }
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
        Ok(vec![each(x, |x| softplus_inverse(off_border::<T>(self.sign * (x - self.bound))))])
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        worst(numbers(x).into_iter().map(|x| self.sign * (self.bound - x)))
    }
    /// The bound and a uniform number in (0, 1) beyond it.
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        Ok(each(&uniform::<T>(shape, rng), |u| self.bound + self.sign * u))
    }
}
