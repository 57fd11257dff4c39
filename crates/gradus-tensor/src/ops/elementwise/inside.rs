//! Whether a number lies in an interval: 1 inside, 0 outside.

use crate::case::{Case, Room, row, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{Isa, Map, map};

/// y = 1 for low ≤ x ≤ high (or, open, low < x < high), else 0, with dy = 0: the slope of [`Clamp`](super::clamp::Clamp).
#[derive(Clone, Debug)]
pub struct Inside {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) open: bool,
}

#[derive(Clone, Copy)]
struct Lane<T>(T, T, bool);
impl<T: Real> Map<T, 1> for Lane<T> {
    #[inline(always)]
    fn at<S: Isa>(self, _: S, [x]: [T; 1]) -> T {
        let Lane(low, high, open) = self;
        let inside = ((x > low) & (x < high)) | (!open & ((x == low) | (x == high)));
        if inside { T::ONE } else { T::ZERO }
    }
}

impl<T: Real> Elementwise<1, T> for Inside {
    const NAME: &'static str = "inside";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane(T::from_f64(self.low), T::from_f64(self.high), self.open), x, y);
    }
    fn partial(&self, _: usize, _: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        Slot::Zero
    }
    fn is_locally_constant(&self, _: usize) -> bool {
        true
    }
}

impl Room for Inside {
    const NAME: &'static str = "inside";
    const FORMULA: &'static str = "y = 1 for low ≤ x ≤ high, else 0";
    #[inline]
    fn cases() -> Vec<Case> {
        let f = |x: &Tensor<f64>| f64::apply(f64::boxed(Inside { low: -1.0, high: 2.0, open: false }), &[x]);
        let open = |x: &Tensor<f64>| f64::apply(f64::boxed(Inside { low: -1.0, high: 2.0, open: true }), &[x]);
        let mut cases = unary(move |x| f(x) * x.square(), &[0.5, 0.0, -0.0, -1.5, 2.5, 1.9, -0.9, 1e4]);
        cases.push(
            Case::new("closed ends", vec![row(&[-1.0, 2.0])], move |x| f(&x[0])).expect_all([2.0, 0.0, 0.0, 0.0]),
        );
        cases.push(Case::new("open ends", vec![row(&[-1.0, 2.0])], move |x| open(&x[0])).expect_all([0.0; 4]));
        cases
    }
}
