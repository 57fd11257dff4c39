//! The natural logarithm.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map, map_near};

/// y = ln x, with dy = dx / x.
#[derive(Clone, Debug)]
pub struct Ln;

lanes!(Lane, |s, [x]| x.ln(s));
lanes!(Near, |s, [x]| x.ln_near(s));
lanes!(Pull, |_, [x, g]| g / x);

impl<T: Real> Elementwise<1, T> for Ln {
    const NAME: &'static str = "ln";
    const PULL: bool = true;
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map_near(Near, Lane, T::is_near_for_ln, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        x.recip().into()
    }
    fn pull(&self, _: usize, [x]: [&[T]; 1], _: &[T], g: &[T], out: &mut [T]) {
        map(Pull, [x, g], out);
    }
}

impl<T: Real> Tensor<T> {
    /// The natural logarithm, element by element; −∞ at 0, where its derivatives are infinite too, NaN below.
    #[doc(alias = "log")]
    #[must_use]
    #[track_caller]
    pub fn ln(&self) -> Self {
        T::apply(T::boxed(Ln), &[self])
    }
}

impl Room for Ln {
    const NAME: &'static str = "ln";
    const FORMULA: &'static str = "y = ln x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| x.ln(), &[1.0, 0.5, 2.5, 1e-3, 30.0]);
        cases.extend(known("ln", Tensor::ln));
        cases
    }
}
