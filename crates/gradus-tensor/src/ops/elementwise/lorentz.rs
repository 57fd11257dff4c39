//! The slope of the arc sine, as an op of its own: its derivatives have no terms that cancel where it is infinite.

use crate::case::{Case, Room, row, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// γ = 1/√((1 − x)(1 + x)), the Lorentz factor, with dγ = x γ³ dx: +∞ at ±1, NaN beyond.
#[derive(Clone, Debug)]
pub struct Lorentz;

lanes!(Lane, |_, [x]| T::ONE / ((T::ONE - x) * (T::ONE + x)).sqrt());

impl<T: Real> Elementwise<1, T> for Lorentz {
    const NAME: &'static str = "lorentz";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], y: &Tensor<T>) -> Slot<T> {
        (x * y * y.square()).into()
    }
}

/// 1/√((1 − x)(1 + x)).
#[track_caller]
pub(super) fn lorentz<T: Real>(x: &Tensor<T>) -> Tensor<T> {
    T::apply(T::boxed(Lorentz), &[x])
}

impl Room for Lorentz {
    const NAME: &'static str = "lorentz";
    const FORMULA: &'static str = "γ = 1/√(1 − x²)";
    #[inline]
    fn cases() -> Vec<Case> {
        const INF: f64 = f64::INFINITY;
        let mut cases = unary(lorentz, &[0.0, -0.0, 0.5, -0.5, 0.9, -0.9, 0.3, 1e-8]);
        let at = |x: f64, d| Case::new(format!("at {x}"), vec![row(&[x])], |x| lorentz(&x[0])).expect_all(d);
        cases.extend([at(1.0, [INF; 4]), at(-1.0, [INF, -INF, INF, -INF])]);
        cases
    }
}
