//! The inverse hyperbolic cosine.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = arcosh x, with dy = dx/√((x − 1)(x + 1)): ∞ at 1, NaN below.
#[derive(Clone, Debug)]
pub struct Acosh;

lanes!(Lane, |_, [x]| x.acosh());

impl<T: Real> Elementwise<1, T> for Acosh {
    const NAME: &'static str = "acosh";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        ((x - 1.0).rsqrt() * (x + 1.0).rsqrt()).into()
    }
}

impl<T: Real> Tensor<T> {
    /// y = arcosh x, element by element. NaN below 1, where all derivatives are infinite, the limits.
    #[doc(alias = "arccosh")]
    #[must_use]
    #[track_caller]
    pub fn acosh(&self) -> Self {
        T::apply(T::boxed(Acosh), &[self])
    }
}

impl Room for Acosh {
    const NAME: &'static str = "acosh";
    const FORMULA: &'static str = "y = arcosh x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| (x.square() + 1.5).acosh(), &[0.0, -0.0, 1.0, -1.0, 30.0, 0.3]);
        cases.extend(known("acosh", Tensor::acosh));
        cases
    }
}
