//! The logistic function.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = 1/(1 + e⁻ˣ), with dy = y(1 − y) dx.
#[derive(Clone, Debug)]
pub struct Sigmoid;

lanes!(Lane, |s, [x]| x.sigmoid(s));
lanes!(Pull, |_, [y, g]| g * (y * (T::ONE - y)));

impl<T: Real> Elementwise<1, T> for Sigmoid {
    const NAME: &'static str = "sigmoid";
    const PULL: bool = true;
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, _: [&Tensor<T>; 1], y: &Tensor<T>) -> Slot<T> {
        (y * (1 - y)).into()
    }
    fn pull(&self, _: usize, _: [&[T]; 1], y: &[T], g: &[T], out: &mut [T]) {
        map(Pull, [y, g], out);
    }
}

impl<T: Real> Tensor<T> {
    /// 1/(1 + e⁻ˣ), element by element.
    #[doc(alias = "logistic")]
    #[doc(alias = "expit")]
    #[must_use]
    #[track_caller]
    pub fn sigmoid(&self) -> Self {
        T::apply(T::boxed(Sigmoid), &[self])
    }
}

impl Room for Sigmoid {
    const NAME: &'static str = "sigmoid";
    const FORMULA: &'static str = "y = 1/(1 + e⁻ˣ)";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| x.sigmoid(), &[0.0, -0.0, 0.5, -1.0, 3.0, -3.0, 20.0, -20.0, 400.0, -400.0]);
        cases.extend(known("sigmoid", Tensor::sigmoid));
        cases
    }
}
