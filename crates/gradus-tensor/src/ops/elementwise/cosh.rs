//! The hyperbolic cosine.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = cosh x, with dy = sinh x dx.
#[derive(Clone, Debug)]
pub struct Cosh;

lanes!(Lane, |_, [x]| x.cosh());

impl<T: Real> Elementwise<1, T> for Cosh {
    const NAME: &'static str = "cosh";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        x.sinh().into()
    }
}

impl<T: Real> Tensor<T> {
    /// y = cosh x, element by element.
    #[must_use]
    #[track_caller]
    pub fn cosh(&self) -> Self {
        T::apply(T::boxed(Cosh), &[self])
    }
}

impl Room for Cosh {
    const NAME: &'static str = "cosh";
    const FORMULA: &'static str = "y = cosh x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::cosh, &[0.0, -0.0, 1.0, -1.0, 1e-8, 5.0]);
        cases.extend(known("cosh", Tensor::cosh));
        cases
    }
}
