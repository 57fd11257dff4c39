//! The logarithm of the sigmoid.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = ln(1/(1 + e⁻ˣ)), with dy = σ(−x) dx.
#[derive(Clone, Debug)]
pub struct LogSigmoid;

lanes!(Lane, |s, [x]| x.log_sigmoid(s));
lanes!(Pull, |s, [x, g]| g * (-x).sigmoid(s));

impl<T: Real> Elementwise<1, T> for LogSigmoid {
    const NAME: &'static str = "log_sigmoid";
    const PULL: bool = true;
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        (-x).sigmoid().into()
    }
    fn pull(&self, _: usize, [x]: [&[T]; 1], _: &[T], g: &[T], out: &mut [T]) {
        map(Pull, [x, g], out);
    }
}

impl<T: Real> Tensor<T> {
    /// y = ln σ(x), element by element.
    #[must_use]
    #[track_caller]
    pub fn log_sigmoid(&self) -> Self {
        T::apply(T::boxed(LogSigmoid), &[self])
    }
}

impl Room for LogSigmoid {
    const NAME: &'static str = "log_sigmoid";
    const FORMULA: &'static str = "y = ln σ(x)";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::log_sigmoid, &[0.0, -0.0, 1.0, -1.0, 30.0, -30.0, 1e3, -1e3]);
        cases.extend(known("log_sigmoid", Tensor::log_sigmoid));
        cases
    }
}
