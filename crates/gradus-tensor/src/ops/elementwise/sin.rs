//! The sine.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map_near};

/// y = sin x, with dy = cos x dx.
#[derive(Clone, Debug)]
pub struct Sin;

lanes!(Lane, |s, [x]| x.sin(s));
lanes!(Near, |s, [x]| x.sin_near(s));
lanes!(Pull, |s, [x, g]| g * x.cos(s));
lanes!(PullNear, |s, [x, g]| g * x.cos_near(s));

impl<T: Real> Elementwise<1, T> for Sin {
    const NAME: &'static str = "sin";
    const PULL: bool = true;
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map_near(Near, Lane, T::is_near_for_sin, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        x.cos().into()
    }
    fn pull(&self, _: usize, [x]: [&[T]; 1], _: &[T], g: &[T], out: &mut [T]) {
        map_near(PullNear, Pull, T::is_near_for_sin, [x, g], out);
    }
}

impl<T: Real> Tensor<T> {
    /// y = sin x, element by element.
    #[must_use]
    #[track_caller]
    pub fn sin(&self) -> Self {
        T::apply(T::boxed(Sin), &[self])
    }
}

impl Room for Sin {
    const NAME: &'static str = "sin";
    const FORMULA: &'static str = "y = sin x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::sin, &[0.0, -0.0, 1.0, -1.0, std::f64::consts::FRAC_PI_2, 3.0, 100.0]);
        cases.extend(known("sin", Tensor::sin));
        cases
    }
}
