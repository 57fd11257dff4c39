//! The arc cosine.

use super::lorentz::lorentz;
use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = arccos x, with dy = −dx/√((1 − x)(1 + x)): −∞ at ±1, NaN beyond.
#[derive(Clone, Debug)]
pub struct Acos;

lanes!(Lane, |_, [x]| x.acos());

impl<T: Real> Elementwise<1, T> for Acos {
    const NAME: &'static str = "acos";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        (-lorentz(x)).into()
    }
}

impl<T: Real> Tensor<T> {
    /// y = arccos x, element by element. NaN beyond ±1, where all derivatives are infinite, the limits.
    #[doc(alias = "arccos")]
    #[must_use]
    #[track_caller]
    pub fn acos(&self) -> Self {
        T::apply(T::boxed(Acos), &[self])
    }
}

impl Room for Acos {
    const NAME: &'static str = "acos";
    const FORMULA: &'static str = "y = arccos x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::acos, &[0.0, -0.0, 0.5, -0.5, 0.9, 1e-8]);
        cases.extend(known("acos", Tensor::acos));
        cases
    }
}
