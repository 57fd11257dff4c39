//! The reciprocal of the square root.

use crate::case::{Case, Room, known, row, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = 1/√x, with dy = −y/(2x) dx: ∞ at 0, NaN below.
#[derive(Clone, Debug)]
pub struct Rsqrt;

lanes!(Lane, |_, [x]| T::ONE / x.sqrt());

impl<T: Real> Elementwise<1, T> for Rsqrt {
    const NAME: &'static str = "rsqrt";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], y: &Tensor<T>) -> Slot<T> {
        (-(y / x) * 0.5).into()
    }
}

impl<T: Real> Tensor<T> {
    /// y = 1 / √x, element by element. At 0 value and derivatives are infinite, the limits; NaN below.
    #[must_use]
    #[track_caller]
    pub fn rsqrt(&self) -> Self {
        T::apply(T::boxed(Rsqrt), &[self])
    }
}

impl Room for Rsqrt {
    const NAME: &'static str = "rsqrt";
    const FORMULA: &'static str = "y = 1 / √x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::rsqrt, &[1.0, 0.25, 4.0, 100.0, 0.01]);
        cases.push(Case::new("huge", vec![row(&[1e200])], |x| x[0].rsqrt()).expect_all([1e-100, 0.0, 0.0, 0.0]));
        cases.extend(known("rsqrt", Tensor::rsqrt));
        cases
    }
}
