//! The square.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = x², with dy = 2x dx.
#[derive(Clone, Debug)]
pub struct Square;

lanes!(Lane, |_, [x]| x * x);
lanes!(Pull, |_, [x, g]| g * (x + x));

impl<T: Real> Elementwise<1, T> for Square {
    const NAME: &'static str = "square";
    const PULL: bool = true;
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        (x * 2).into()
    }
    fn pull(&self, _: usize, [x]: [&[T]; 1], _: &[T], g: &[T], out: &mut [T]) {
        map(Pull, [x, g], out);
    }
}

impl<T: Real> Tensor<T> {
    /// x², element by element.
    #[must_use]
    #[track_caller]
    pub fn square(&self) -> Self {
        T::apply(T::boxed(Square), &[self])
    }
}

impl Room for Square {
    const NAME: &'static str = "square";
    const FORMULA: &'static str = "y = x²";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| x.square(), &[0.0, -0.0, 1.0, -1.5, 3.0]);
        cases.extend(known("square", Tensor::square));
        cases
    }
}
