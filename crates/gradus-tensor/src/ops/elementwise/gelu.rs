//! The Gaussian error linear unit, exact (Hendrycks & Gimpel 2016).

use super::normal_cdf::{central, density};
use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = x Φ(x), with dy = (Φ(x) + x φ(x)) dx.
#[derive(Clone, Debug)]
pub struct Gelu;

lanes!(Lane, |s, [x]| x * x.normal_cdf(s));
lanes!(Pull, |s, [x, g]| g
    * (x.normal_cdf(s) + x * (x * x * T::from_f64(-0.5)).exp(s) * T::from_f64(0.398_942_280_401_432_7)));

impl<T: Real> Elementwise<1, T> for Gelu {
    const NAME: &'static str = "gelu";
    const PULL: bool = true;
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        let x = central(x);
        (x.normal_cdf() + &x * density(&x)).into()
    }
    fn pull(&self, _: usize, [x]: [&[T]; 1], _: &[T], g: &[T], out: &mut [T]) {
        map(Pull, [x, g], out);
    }
}

impl<T: Real> Tensor<T> {
    /// y = x Φ(x), element by element.
    #[must_use]
    #[track_caller]
    pub fn gelu(&self) -> Self {
        T::apply(T::boxed(Gelu), &[self])
    }
}

impl Room for Gelu {
    const NAME: &'static str = "gelu";
    const FORMULA: &'static str = "y = x Φ(x)";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::gelu, &[0.0, -0.0, 1.0, -1.0, 3.0, 30.0, -30.0, -1e3]);
        cases.extend(known("gelu", Tensor::gelu));
        cases
    }
}
