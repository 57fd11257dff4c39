//! ln(1 + x), exact near 0.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = ln(1 + x), with dy = dx/(1 + x).
#[derive(Clone, Debug)]
pub struct Ln1p;

lanes!(Lane, |s, [x]| x.ln_1p(s));

impl<T: Real> Elementwise<1, T> for Ln1p {
    const NAME: &'static str = "ln_1p";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        (x + 1.0).recip().into()
    }
}

impl<T: Real> Tensor<T> {
    /// y = ln(1 + x), element by element, exact for small x. At −1 value and derivatives are infinite, the limits; NaN below.
    #[doc(alias = "log1p")]
    #[must_use]
    #[track_caller]
    pub fn ln_1p(&self) -> Self {
        T::apply(T::boxed(Ln1p), &[self])
    }
}

impl Room for Ln1p {
    const NAME: &'static str = "ln_1p";
    const FORMULA: &'static str = "y = ln(1 + x)";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::ln_1p, &[0.0, -0.0, 1.0, -0.5, 1e-10, 30.0, 1e6]);
        cases.extend(known("ln_1p", Tensor::ln_1p));
        cases
    }
}
