//! The logarithm to base 10.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = log₁₀ x, with dy = dx/(x ln 10).
#[derive(Clone, Debug)]
pub struct Log10;

lanes!(Lane, |_, [x]| T::from_f64(x.to_f64().log10()));

impl<T: Real> Elementwise<1, T> for Log10 {
    const NAME: &'static str = "log10";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        (x.recip() * std::f64::consts::LOG10_E).into()
    }
}

impl<T: Real> Tensor<T> {
    /// y = log₁₀ x, element by element. At 0 value and derivatives are infinite, the limits; NaN below.
    #[must_use]
    #[track_caller]
    pub fn log10(&self) -> Self {
        T::apply(T::boxed(Log10), &[self])
    }
}

impl Room for Log10 {
    const NAME: &'static str = "log10";
    const FORMULA: &'static str = "y = log₁₀ x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::log10, &[1.0, 10.0, 0.5, 1000.0, 1e-3, 1e6]);
        cases.extend(known("log10", Tensor::log10));
        cases
    }
}
