//! eˣ − 1, exact near 0.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = eˣ − 1, with dy = (y + 1) dx.
#[derive(Clone, Debug)]
pub struct ExpM1;

lanes!(Lane, |s, [x]| x.exp_m1(s));

impl<T: Real> Elementwise<1, T> for ExpM1 {
    const NAME: &'static str = "exp_m1";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, _: [&Tensor<T>; 1], y: &Tensor<T>) -> Slot<T> {
        (y + 1.0).into()
    }
}

impl<T: Real> Tensor<T> {
    /// y = eˣ − 1, element by element.
    #[doc(alias = "expm1")]
    #[must_use]
    #[track_caller]
    pub fn exp_m1(&self) -> Self {
        T::apply(T::boxed(ExpM1), &[self])
    }
}

impl Room for ExpM1 {
    const NAME: &'static str = "exp_m1";
    const FORMULA: &'static str = "y = eˣ − 1";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::exp_m1, &[0.0, -0.0, 1.0, -1.0, 1e-10, -30.0, 3.0]);
        cases.extend(known("exp_m1", Tensor::exp_m1));
        cases
    }
}
