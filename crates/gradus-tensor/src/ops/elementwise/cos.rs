//! The cosine.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map_near};

/// y = cos x, with dy = −sin x dx.
#[derive(Clone, Debug)]
pub struct Cos;

lanes!(Lane, |s, [x]| x.cos(s));
lanes!(Near, |s, [x]| x.cos_near(s));
lanes!(Pull, |s, [x, g]| -(g * x.sin(s)));
lanes!(PullNear, |s, [x, g]| -(g * x.sin_near(s)));

impl<T: Real> Elementwise<1, T> for Cos {
    const NAME: &'static str = "cos";
    const PULL: bool = true;
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map_near(Near, Lane, T::is_near_for_sin, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        (-x.sin()).into()
    }
    fn pull(&self, _: usize, [x]: [&[T]; 1], _: &[T], g: &[T], out: &mut [T]) {
        map_near(PullNear, Pull, T::is_near_for_sin, [x, g], out);
    }
}

impl<T: Real> Tensor<T> {
    /// y = cos x, element by element.
    #[must_use]
    #[track_caller]
    pub fn cos(&self) -> Self {
        T::apply(T::boxed(Cos), &[self])
    }
}

impl Room for Cos {
    const NAME: &'static str = "cos";
    const FORMULA: &'static str = "y = cos x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::cos, &[0.0, -0.0, 1.0, -1.0, std::f64::consts::FRAC_PI_2, 3.0, 100.0]);
        cases.extend(known("cos", Tensor::cos));
        cases
    }
}
