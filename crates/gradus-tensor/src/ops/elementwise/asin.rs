//! The arc sine.

use super::lorentz::lorentz;
use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = arcsin x, with dy = dx/√((1 − x)(1 + x)): ∞ at ±1, NaN beyond.
#[derive(Clone, Debug)]
pub struct Asin;

lanes!(Lane, |_, [x]| x.asin());

impl<T: Real> Elementwise<1, T> for Asin {
    const NAME: &'static str = "asin";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        lorentz(x).into()
    }
}

impl<T: Real> Tensor<T> {
    /// y = arcsin x, element by element. NaN beyond ±1, where all derivatives are infinite, the limits.
    #[doc(alias = "arcsin")]
    #[must_use]
    #[track_caller]
    pub fn asin(&self) -> Self {
        T::apply(T::boxed(Asin), &[self])
    }
}

impl Room for Asin {
    const NAME: &'static str = "asin";
    const FORMULA: &'static str = "y = arcsin x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::asin, &[0.0, -0.0, 0.5, -0.5, 0.9, 1e-8]);
        cases.extend(known("asin", Tensor::asin));
        cases
    }
}
