//! The inverse hyperbolic tangent.

use super::lorentz::lorentz;
use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = artanh x, with dy = dx/((1 − x)(1 + x)): ∞ at ±1, NaN beyond.
#[derive(Clone, Debug)]
pub struct Atanh;

lanes!(Lane, |_, [x]| x.atanh());

impl<T: Real> Elementwise<1, T> for Atanh {
    const NAME: &'static str = "atanh";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        lorentz(x).square().into()
    }
}

impl<T: Real> Tensor<T> {
    /// y = artanh x, element by element. NaN beyond ±1, where value and derivatives are infinite, the limits.
    #[doc(alias = "arctanh")]
    #[must_use]
    #[track_caller]
    pub fn atanh(&self) -> Self {
        T::apply(T::boxed(Atanh), &[self])
    }
}

impl Room for Atanh {
    const NAME: &'static str = "atanh";
    const FORMULA: &'static str = "y = artanh x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::atanh, &[0.0, -0.0, 0.5, -0.5, 0.8, 1e-8]);
        cases.extend(known("atanh", Tensor::atanh));
        cases
    }
}
