//! The error function.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = erf x, with dy = 2/√π e^(−x²) dx.
#[derive(Clone, Debug)]
pub struct Erf;

lanes!(Lane, |s, [x]| x.erf(s));

impl<T: Real> Elementwise<1, T> for Erf {
    const NAME: &'static str = "erf";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        // Beyond 30 it is 0, and x² must not overflow in what follows.
        ((-x.clamp(-30.0, 30.0).square()).exp() * std::f64::consts::FRAC_2_SQRT_PI).into()
    }
}

impl<T: Real> Tensor<T> {
    /// The error function 2/√π ∫₀ˣ e^(−t²) dt, element by element.
    #[must_use]
    #[track_caller]
    pub fn erf(&self) -> Self {
        T::apply(T::boxed(Erf), &[self])
    }
}

impl Room for Erf {
    const NAME: &'static str = "erf";
    const FORMULA: &'static str = "y = 2/√π ∫₀ˣ e^(−t²) dt";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::erf, &[0.0, -0.0, 1.0, -1.0, 0.3, 3.0, 30.0, -30.0]);
        cases.extend(known("erf", Tensor::erf));
        cases
    }
}
