//! The inverse of the error function.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// erf y = x, with dy = √π/2 e^(y²) dx: ±∞ at ±1, NaN beyond.
#[derive(Clone, Debug)]
pub struct Erfinv;

lanes!(Lane, |_, [x]| x.erfinv());

impl<T: Real> Elementwise<1, T> for Erfinv {
    const NAME: &'static str = "erfinv";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, _: [&Tensor<T>; 1], y: &Tensor<T>) -> Slot<T> {
        (y.square().exp() * 0.886_226_925_452_758).into()
    }
}

impl<T: Real> Tensor<T> {
    /// The number whose error function is x, element by element: ±∞ at ±1, NaN beyond.
    #[must_use]
    #[track_caller]
    pub fn erfinv(&self) -> Self {
        T::apply(T::boxed(Erfinv), &[self])
    }
}

impl Room for Erfinv {
    const NAME: &'static str = "erfinv";
    const FORMULA: &'static str = "erf y = x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::erfinv, &[0.0, -0.0, 0.5, -0.5, 0.9, -0.99, 0.3, -0.8, 1e-8]);
        cases.extend(known("erfinv", Tensor::erfinv));
        cases
    }
}
