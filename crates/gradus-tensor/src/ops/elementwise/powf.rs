//! A power with a plain number as exponent.

use crate::case::{Case, Room, row, unary};
use crate::kind::Elementwise;
use crate::message;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{Isa, Map, map};

/// y = xᶜ, with dy = c x^(c−1) dx. The exponent falls to 0 where it is a natural number, and x⁰ = 1 has the derivative 0, so that
/// x = 0 has finite derivatives at every order.
#[derive(Clone, Debug)]
pub struct Powf {
    exponent: f64,
}

#[derive(Clone, Copy)]
struct Lane<T>(T);
impl<T: Real> Map<T, 1> for Lane<T> {
    #[inline(always)]
    fn at<S: Isa>(self, s: S, [x]: [T; 1]) -> T {
        x.pow(self.0, s)
    }
}

impl<T: Real> Elementwise<1, T> for Powf {
    const NAME: &'static str = "powf";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane(T::from_f64(self.exponent)), x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        if self.exponent == 0.0 { Slot::Zero } else { (x.powf(self.exponent - 1.0) * self.exponent).into() }
    }
    fn is_locally_constant(&self, _: usize) -> bool {
        self.exponent == 0.0
    }
}

impl<T: Real> Tensor<T> {
    /// xᶜ, element by element, with 0⁰ = 1. Exact at 0 for a natural number c: all derivatives are finite.
    ///
    /// # Panics
    /// If `exponent` is not finite.
    #[track_caller]
    #[must_use]
    pub fn powf(&self, exponent: f64) -> Self {
        if !exponent.is_finite() {
            message::panic_with(&format!("powf: the exponent must be finite, got {exponent}"));
        }
        T::apply(T::boxed(Powf { exponent }), &[self])
    }

    /// xⁿ, element by element: [`powf`](Self::powf) with a whole number.
    #[track_caller]
    #[must_use]
    pub fn powi(&self, n: i32) -> Self {
        self.powf(f64::from(n))
    }
}

impl Room for Powf {
    const NAME: &'static str = "powf";
    const FORMULA: &'static str = "y = xᶜ";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| x.powf(2.5), &[1.0, 0.3, 4.0, 30.0]);
        cases.extend(unary(|x| x.powi(3), &[1.0, 0.0, -0.0, -2.0]));
        cases.extend(unary(|x| x.powi(-2), &[1.0, -2.0, 0.5]));
        let at_zero =
            |c: f64, d| Case::new(format!("0 to the {c}"), vec![row(&[0.0])], move |x| x[0].powf(c)).expect_all(d);
        cases.extend([
            at_zero(0.0, [1.0, 0.0, 0.0, 0.0]),
            at_zero(1.0, [0.0, 1.0, 0.0, 0.0]),
            at_zero(2.0, [0.0, 0.0, 2.0, 0.0]),
            at_zero(3.0, [0.0, 0.0, 0.0, 6.0]),
            at_zero(3.5, [0.0; 4]),
        ]);
        cases
    }
}
