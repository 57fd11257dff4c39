//! The tangent.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = tan x, with dy = (1 + y²) dx.
#[derive(Clone, Debug)]
pub struct Tan;

lanes!(Lane, |_, [x]| x.tan());

impl<T: Real> Elementwise<1, T> for Tan {
    const NAME: &'static str = "tan";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, _: [&Tensor<T>; 1], y: &Tensor<T>) -> Slot<T> {
        (y.square() + 1.0).into()
    }
}

impl<T: Real> Tensor<T> {
    /// y = tan x, element by element.
    #[must_use]
    #[track_caller]
    pub fn tan(&self) -> Self {
        T::apply(T::boxed(Tan), &[self])
    }
}

impl Room for Tan {
    const NAME: &'static str = "tan";
    const FORMULA: &'static str = "y = tan x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::tan, &[0.0, -0.0, 1.0, -1.0, 0.3, 3.0]);
        cases.extend(known("tan", Tensor::tan));
        cases
    }
}
