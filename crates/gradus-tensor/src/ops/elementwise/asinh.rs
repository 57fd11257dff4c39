//! The inverse hyperbolic sine.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = arsinh x, with dy = dx/√(1 + x²).
#[derive(Clone, Debug)]
pub struct Asinh;

lanes!(Lane, |_, [x]| x.asinh());

impl<T: Real> Elementwise<1, T> for Asinh {
    const NAME: &'static str = "asinh";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        x.hypot(&Tensor::scalar(1.0)).recip().into()
    }
}

impl<T: Real> Tensor<T> {
    /// y = arsinh x, element by element.
    #[doc(alias = "arcsinh")]
    #[must_use]
    #[track_caller]
    pub fn asinh(&self) -> Self {
        T::apply(T::boxed(Asinh), &[self])
    }
}

impl Room for Asinh {
    const NAME: &'static str = "asinh";
    const FORMULA: &'static str = "y = arsinh x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::asinh, &[0.0, -0.0, 1.0, -1.0, 1e-3, 30.0, -1e4]);
        cases.extend(known("asinh", Tensor::asinh));
        cases
    }
}
