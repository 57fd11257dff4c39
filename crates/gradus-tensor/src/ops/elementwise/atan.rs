//! The arc tangent.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = arctan x, with dy = dx/(1 + x²).
#[derive(Clone, Debug)]
pub struct Atan;

lanes!(Lane, |_, [x]| x.atan());

impl<T: Real> Elementwise<1, T> for Atan {
    const NAME: &'static str = "atan";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        (x.square() + 1.0).recip().into()
    }
}

impl<T: Real> Tensor<T> {
    /// y = arctan x, element by element.
    #[doc(alias = "arctan")]
    #[must_use]
    #[track_caller]
    pub fn atan(&self) -> Self {
        T::apply(T::boxed(Atan), &[self])
    }
}

impl Room for Atan {
    const NAME: &'static str = "atan";
    const FORMULA: &'static str = "y = arctan x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::atan, &[0.0, -0.0, 1.0, -1.0, 0.3, 30.0, -1e6]);
        cases.extend(known("atan", Tensor::atan));
        cases
    }
}
