//! The logit, the inverse of the sigmoid.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = ln x − ln(1 − x), with dy = (1/x + 1/(1 − x)) dx: ∓∞ at 0 and 1, NaN beyond.
#[derive(Clone, Debug)]
pub struct Logit;

lanes!(Lane, |s, [x]| x.ln(s) - (-x).ln_1p(s));

impl<T: Real> Elementwise<1, T> for Logit {
    const NAME: &'static str = "logit";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        (x.recip() + (1 - x).recip()).into()
    }
}

impl<T: Real> Tensor<T> {
    /// y = ln(x / (1 − x)), element by element. At 0 and 1 value and derivatives are infinite, the limits; NaN beyond.
    #[must_use]
    #[track_caller]
    pub fn logit(&self) -> Self {
        T::apply(T::boxed(Logit), &[self])
    }
}

impl Room for Logit {
    const NAME: &'static str = "logit";
    const FORMULA: &'static str = "y = ln(x / (1 − x))";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::logit, &[0.5, 0.1, 0.9, 0.01, 0.3]);
        cases.extend(known("logit", Tensor::logit));
        cases
    }
}
