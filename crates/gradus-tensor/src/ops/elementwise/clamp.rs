//! A number held in an interval.

use super::inside::Inside;
use crate::case::{Case, Room, row, unary};
use crate::kind::Elementwise;
use crate::message;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{Isa, Map, map};

/// y = min(max(x, low), high), with dy = dx inside, 0 outside; at the ends 1, or 0 where `open`.
#[derive(Clone, Debug)]
pub struct Clamp {
    low: f64,
    high: f64,
    open: bool,
}

#[derive(Clone, Copy)]
struct Lane<T>(T, T);
impl<T: Real> Map<T, 1> for Lane<T> {
    // NaN passes: both comparisons are false for it.
    #[inline(always)]
    fn at<S: Isa>(self, _: S, [x]: [T; 1]) -> T {
        let x = if x < self.0 { self.0 } else { x };
        if x > self.1 { self.1 } else { x }
    }
}

impl<T: Real> Elementwise<1, T> for Clamp {
    const NAME: &'static str = "clamp";
    const PIECEWISE: bool = true;
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane(T::from_f64(self.low), T::from_f64(self.high)), x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        let Clamp { low, high, open } = *self;
        T::apply(T::boxed(Inside { low, high, open }), &[x]).into()
    }
}

impl<T: Real> Tensor<T> {
    /// min(max(x, low), high), element by element; an end may be infinite. The derivative at the ends is 1, that of the
    /// closed side (PyTorch's own has changed from 1 to 0 there).
    ///
    /// # Panics
    /// If `low` is above `high`, or one is NaN.
    #[doc(alias = "clip")]
    #[track_caller]
    #[must_use]
    pub fn clamp(&self, low: f64, high: f64) -> Self {
        if low > high || low.is_nan() || high.is_nan() {
            message::panic_with(&format!("clamp: low must not be above high, got {low} and {high}"));
        }
        T::apply(T::boxed(Clamp { low, high, open: false }), &[self])
    }

    /// min(max(x, −1), 1), element by element. The derivative at ±1 is 0, as in PyTorch.
    #[doc(alias = "hardtanh")]
    #[track_caller]
    #[must_use]
    pub fn hard_tanh(&self) -> Self {
        T::apply(T::boxed(Clamp { low: -1.0, high: 1.0, open: true }), &[self])
    }

    /// min(max(x/6 + ½, 0), 1), element by element. The derivative at ±3 is 0, as in PyTorch.
    #[doc(alias = "hardsigmoid")]
    #[track_caller]
    #[must_use]
    pub fn hard_sigmoid(&self) -> Self {
        T::apply(T::boxed(Clamp { low: 0.0, high: 6.0, open: true }), &[&(self + 3.0)]) / 6.0
    }

    /// x · hard_sigmoid(x), element by element (Howard et al. 2019).
    #[doc(alias = "hardswish")]
    #[track_caller]
    #[must_use]
    pub fn hard_swish(&self) -> Self {
        self * self.hard_sigmoid()
    }
}

impl Room for Clamp {
    const NAME: &'static str = "clamp";
    const FORMULA: &'static str = "y = min(max(x, low), high)";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| x.clamp(-1.0, 2.0) * x, &[0.5, 0.0, -0.0, -1.5, 2.5, 30.0]);
        cases.extend(unary(|x| x.clamp(0.5, f64::INFINITY).square(), &[1.0, -1.0]));
        cases.push(
            Case::new("at the ends", vec![row(&[-1.0, 2.0])], |x| x[0].clamp(-1.0, 2.0))
                .expect_all([1.0, 2.0, 0.0, 0.0]),
        );
        cases
            .push(Case::new("one point", vec![row(&[0.0])], |x| x[0].clamp(0.0, 0.0)).expect_all([0.0, 1.0, 0.0, 0.0]));
        cases
    }
}

/// The clamp to [−1, 1] as an activation.
pub struct HardTanh;

impl Room for HardTanh {
    const NAME: &'static str = "hard_tanh";
    const FORMULA: &'static str = "y = min(max(x, −1), 1)";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| x.hard_tanh() * x, &[0.5, 0.0, -0.0, -1.5, 2.5, 30.0, 0.9, -0.9, -1e4]);
        cases.push(Case::new("at the ends", vec![row(&[-1.0, 1.0])], |x| x[0].hard_tanh()).expect_all([0.0; 4]));
        cases
    }
}

/// A sigmoid of three straight pieces.
pub struct HardSigmoid;

impl Room for HardSigmoid {
    const NAME: &'static str = "hard_sigmoid";
    const FORMULA: &'static str = "y = min(max(x/6 + ½, 0), 1)";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| x.hard_sigmoid() * x, &[0.5, 0.0, -0.0, -3.5, 4.5, 30.0, 2.9, -2.9, -1e4]);
        cases.push(
            Case::new("at the ends", vec![row(&[-3.0, 3.0])], |x| x[0].hard_sigmoid()).expect_all([1.0, 0.0, 0.0, 0.0]),
        );
        cases
    }
}

/// Swish of straight pieces.
pub struct HardSwish;

impl Room for HardSwish {
    const NAME: &'static str = "hard_swish";
    const FORMULA: &'static str = "y = x min(max(x/6 + ½, 0), 1)";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| x.hard_swish(), &[0.5, 0.0, -0.0, -3.5, 4.5, 30.0, 2.9, -2.9, -1e4]);
        cases.push(
            Case::new("at the ends", vec![row(&[-3.0, 3.0])], |x| x[0].hard_swish()).expect_all([3.0, 1.0, 0.0, 0.0]),
        );
        cases
    }
}
