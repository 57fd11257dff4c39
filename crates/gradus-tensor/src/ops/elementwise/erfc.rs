//! The complement of the error function.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = 1 − erf x, with dy = −2/√π e^(−x²) dx.
#[derive(Clone, Debug)]
pub struct Erfc;

lanes!(Lane, |s, [x]| x.erfc(s));

impl<T: Real> Elementwise<1, T> for Erfc {
    const NAME: &'static str = "erfc";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        // Beyond 30 it is 0, and x² must not overflow in what follows.
        ((-x.clamp(-30.0, 30.0).square()).exp() * -std::f64::consts::FRAC_2_SQRT_PI).into()
    }
}

impl<T: Real> Tensor<T> {
    /// 1 − erf x, element by element; accurate in the tail.
    #[must_use]
    #[track_caller]
    pub fn erfc(&self) -> Self {
        T::apply(T::boxed(Erfc), &[self])
    }
}

impl Room for Erfc {
    const NAME: &'static str = "erfc";
    const FORMULA: &'static str = "y = 1 − erf x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::erfc, &[0.0, -0.0, 1.0, -1.0, 0.3, 3.0, 30.0, -30.0]);
        cases.extend(known("erfc", Tensor::erfc));
        cases
    }
}
