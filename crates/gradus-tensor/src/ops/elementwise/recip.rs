//! The reciprocal.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = 1 / x, with dy = −y² dx = −(y / x) dx.
#[derive(Clone, Debug)]
pub struct Recip;

lanes!(Lane, |_, [x]| T::ONE / x);
lanes!(Pull, |_, [x, y, g]| -(g * y) / x);

impl<T: Real> Elementwise<1, T> for Recip {
    const NAME: &'static str = "recip";
    const PULL: bool = true;
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], y: &Tensor<T>) -> Slot<T> {
        (-(y / x)).into()
    }
    fn pull(&self, _: usize, [x]: [&[T]; 1], y: &[T], g: &[T], out: &mut [T]) {
        map(Pull, [x, y, g], out);
    }
}

impl<T: Real> Tensor<T> {
    /// 1/x, element by element. At 0 value and derivatives are infinite, of the sign of the zero.
    #[doc(alias = "reciprocal")]
    #[must_use]
    #[track_caller]
    pub fn recip(&self) -> Self {
        T::apply(T::boxed(Recip), &[self])
    }
}

impl Room for Recip {
    const NAME: &'static str = "recip";
    const FORMULA: &'static str = "y = 1 / x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| x.recip(), &[1.0, -1.0, 0.5, 3.0, -20.0]);
        cases.extend(known("recip", Tensor::recip));
        cases
    }
}
