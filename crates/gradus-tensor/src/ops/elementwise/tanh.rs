//! The hyperbolic tangent.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = tanh x, with dy = (1 − y²) dx.
#[derive(Clone, Debug)]
pub struct Tanh;

lanes!(Lane, |s, [x]| x.tanh(s));
lanes!(Pull, |_, [y, g]| g * (T::ONE - y * y));

impl<T: Real> Elementwise<1, T> for Tanh {
    const NAME: &'static str = "tanh";
    const PULL: bool = true;
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, _: [&Tensor<T>; 1], y: &Tensor<T>) -> Slot<T> {
        (1 - y.square()).into()
    }
    fn pull(&self, _: usize, _: [&[T]; 1], y: &[T], g: &[T], out: &mut [T]) {
        map(Pull, [y, g], out);
    }
}

impl<T: Real> Tensor<T> {
    /// tanh x, element by element.
    #[must_use]
    #[track_caller]
    pub fn tanh(&self) -> Self {
        T::apply(T::boxed(Tanh), &[self])
    }
}

impl Room for Tanh {
    const NAME: &'static str = "tanh";
    const FORMULA: &'static str = "y = tanh x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| x.tanh(), &[0.0, -0.0, 0.5, -1.0, 3.0, -3.0, 20.0, -20.0, 400.0]);
        cases.extend(known("tanh", Tensor::tanh));
        cases
    }
}
