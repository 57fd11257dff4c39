//! The hyperbolic sine.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = sinh x, with dy = cosh x dx.
#[derive(Clone, Debug)]
pub struct Sinh;

lanes!(Lane, |_, [x]| x.sinh());

impl<T: Real> Elementwise<1, T> for Sinh {
    const NAME: &'static str = "sinh";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        x.cosh().into()
    }
}

impl<T: Real> Tensor<T> {
    /// y = sinh x, element by element.
    #[must_use]
    #[track_caller]
    pub fn sinh(&self) -> Self {
        T::apply(T::boxed(Sinh), &[self])
    }
}

impl Room for Sinh {
    const NAME: &'static str = "sinh";
    const FORMULA: &'static str = "y = sinh x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::sinh, &[0.0, -0.0, 1.0, -1.0, 1e-8, 5.0]);
        cases.extend(known("sinh", Tensor::sinh));
        cases
    }
}
