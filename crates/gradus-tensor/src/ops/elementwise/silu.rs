//! The sigmoid-weighted linear unit, also called swish.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = x σ(x), with dy = σ(x) (1 + x σ(−x)) dx.
#[derive(Clone, Debug)]
pub struct Silu;

lanes!(Lane, |s, [x]| x * x.sigmoid(s));
lanes!(Pull, |s, [x, g]| g * x.sigmoid(s) * (T::ONE + x * (-x).sigmoid(s)));

impl<T: Real> Elementwise<1, T> for Silu {
    const NAME: &'static str = "silu";
    const PULL: bool = true;
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        (x.sigmoid() * (x * (-x).sigmoid() + 1.0)).into()
    }
    fn pull(&self, _: usize, [x]: [&[T]; 1], _: &[T], g: &[T], out: &mut [T]) {
        map(Pull, [x, g], out);
    }
}

impl<T: Real> Tensor<T> {
    /// y = x σ(x), element by element.
    #[doc(alias = "swish")]
    #[must_use]
    #[track_caller]
    pub fn silu(&self) -> Self {
        T::apply(T::boxed(Silu), &[self])
    }
}

impl Room for Silu {
    const NAME: &'static str = "silu";
    const FORMULA: &'static str = "y = x σ(x)";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::silu, &[0.0, -0.0, 1.0, -1.0, 3.0, 30.0, -30.0, -1e3]);
        cases.extend(known("silu", Tensor::silu));
        cases
    }
}
