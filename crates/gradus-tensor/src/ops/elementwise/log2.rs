//! The logarithm to base 2.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = log₂ x, with dy = dx/(x ln 2).
#[derive(Clone, Debug)]
pub struct Log2;

lanes!(Lane, |s, [x]| x.log2(s));

impl<T: Real> Elementwise<1, T> for Log2 {
    const NAME: &'static str = "log2";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        (x.recip() * std::f64::consts::LOG2_E).into()
    }
}

impl<T: Real> Tensor<T> {
    /// y = log₂ x, element by element. At 0 value and derivatives are infinite, the limits; NaN below.
    #[must_use]
    #[track_caller]
    pub fn log2(&self) -> Self {
        T::apply(T::boxed(Log2), &[self])
    }
}

impl Room for Log2 {
    const NAME: &'static str = "log2";
    const FORMULA: &'static str = "y = log₂ x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::log2, &[1.0, 2.0, 0.5, 10.0, 1e-3, 1e6]);
        cases.extend(known("log2", Tensor::log2));
        cases
    }
}
