//! The distribution function of the standard normal.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = Φ(x) = ½ erfc(−x/√2), with dy = e^(−x²/2)/√(2π) dx.
#[derive(Clone, Debug)]
pub struct NormalCdf;

lanes!(Lane, |s, [x]| x.normal_cdf(s));

/// φ(x) = e^(−x²/2)/√(2π).
pub(crate) fn density<T: Real>(x: &Tensor<T>) -> Tensor<T> {
    const SCALE: f64 = 0.398_942_280_401_432_7;
    (x.square() * -0.5).exp() * SCALE
}

/// x held in the interval outside which φ is 0, so that x² does not overflow in what follows.
pub(crate) fn central<T: Real>(x: &Tensor<T>) -> Tensor<T> {
    x.clamp(-40.0, 40.0)
}

impl<T: Real> Elementwise<1, T> for NormalCdf {
    const NAME: &'static str = "normal_cdf";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        density(&central(x)).into()
    }
}

impl<T: Real> Tensor<T> {
    /// Φ(x), the probability that a standard normal number is below x, element by element; accurate in the tail.
    #[doc(alias = "ndtr")]
    #[must_use]
    #[track_caller]
    pub fn normal_cdf(&self) -> Self {
        T::apply(T::boxed(NormalCdf), &[self])
    }
}

impl Room for NormalCdf {
    const NAME: &'static str = "normal_cdf";
    const FORMULA: &'static str = "y = Φ(x)";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::normal_cdf, &[0.0, -0.0, 1.0, -1.0, 3.0, -5.0, 30.0, -30.0]);
        cases.extend(known("normal_cdf", Tensor::normal_cdf));
        cases
    }
}
