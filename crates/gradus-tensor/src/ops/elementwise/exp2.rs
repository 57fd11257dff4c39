//! The exponential to base 2.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = 2ˣ, with dy = y ln 2 dx.
#[derive(Clone, Debug)]
pub struct Exp2;

lanes!(Lane, |s, [x]| x.exp2(s));

impl<T: Real> Elementwise<1, T> for Exp2 {
    const NAME: &'static str = "exp2";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, _: [&Tensor<T>; 1], y: &Tensor<T>) -> Slot<T> {
        (y * std::f64::consts::LN_2).into()
    }
}

impl<T: Real> Tensor<T> {
    /// y = 2ˣ, element by element.
    #[must_use]
    #[track_caller]
    pub fn exp2(&self) -> Self {
        T::apply(T::boxed(Exp2), &[self])
    }
}

impl Room for Exp2 {
    const NAME: &'static str = "exp2";
    const FORMULA: &'static str = "y = 2ˣ";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::exp2, &[0.0, -0.0, 1.0, -1.0, 5.5, -30.0, 8.0]);
        cases.extend(known("exp2", Tensor::exp2));
        cases
    }
}
