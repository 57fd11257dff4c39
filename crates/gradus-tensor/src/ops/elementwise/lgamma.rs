//! The logarithm of the gamma function.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = ln |Γ(x)|, with dy = ψ(x) dx: +∞ at 0, −1, −2, …, where ψ, which changes its sign there, is NaN (−∞ at 0).
#[derive(Clone, Debug)]
pub struct Lgamma;

lanes!(Lane, |_, [x]| x.lgamma());

impl<T: Real> Elementwise<1, T> for Lgamma {
    const NAME: &'static str = "lgamma";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        x.digamma().into()
    }
}

impl<T: Real> Tensor<T> {
    /// y = ln |Γ(x)|, element by element: +∞ at 0, −1, −2, …, where the derivative changes its sign and is NaN (−∞ at 0).
    #[doc(alias = "gammaln")]
    #[must_use]
    #[track_caller]
    pub fn lgamma(&self) -> Self {
        T::apply(T::boxed(Lgamma), &[self])
    }
}

impl Room for Lgamma {
    const NAME: &'static str = "lgamma";
    const FORMULA: &'static str = "y = ln |Γ(x)|";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::lgamma, &[1.0, 2.0, 0.5, 10.0, 100.0, -0.5, 1.461_632_144_968_362]);
        cases.extend(known("lgamma", Tensor::lgamma));
        cases
    }
}
