//! The square root.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = √x, with dy = dx / 2y.
#[derive(Clone, Debug)]
pub struct Sqrt;

lanes!(Lane, |_, [x]| x.sqrt());
lanes!(Pull, |_, [y, g]| g / (y + y));

impl<T: Real> Elementwise<1, T> for Sqrt {
    const NAME: &'static str = "sqrt";
    const PULL: bool = true;
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, _: [&Tensor<T>; 1], y: &Tensor<T>) -> Slot<T> {
        (0.5 / y).into()
    }
    fn pull(&self, _: usize, _: [&[T]; 1], y: &[T], g: &[T], out: &mut [T]) {
        map(Pull, [y, g], out);
    }
}

impl<T: Real> Tensor<T> {
    /// √x, element by element; NaN below 0. At 0 all derivatives are infinite, the limits.
    #[must_use]
    #[track_caller]
    pub fn sqrt(&self) -> Self {
        T::apply(T::boxed(Sqrt), &[self])
    }
}

impl Room for Sqrt {
    const NAME: &'static str = "sqrt";
    const FORMULA: &'static str = "y = √x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| x.sqrt(), &[1.0, 0.5, 2.5, 4.0, 30.0]);
        cases.extend(known("sqrt", Tensor::sqrt));
        cases
    }
}
