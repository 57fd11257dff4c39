//! Softplus: a smooth rectifier with sharpness β.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{Isa, Map, map};

/// y = ln(1 + e^{βx}) / β, with dy = σ(βx) dx.
#[derive(Clone, Debug)]
pub struct Softplus {
    beta: f64,
}

#[derive(Clone, Copy)]
struct Lane<T>(T);
impl<T: Real> Map<T, 1> for Lane<T> {
    #[inline(always)]
    fn at<S: Isa>(self, s: S, [x]: [T; 1]) -> T {
        (self.0 * x).softplus(s) / self.0
    }
}

#[derive(Clone, Copy)]
struct Pull<T>(T);
impl<T: Real> Map<T, 2> for Pull<T> {
    #[inline(always)]
    fn at<S: Isa>(self, s: S, [x, g]: [T; 2]) -> T {
        g * (self.0 * x).sigmoid(s)
    }
}

impl<T: Real> Elementwise<1, T> for Softplus {
    const NAME: &'static str = "softplus";
    const PULL: bool = true;
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane(T::from_f64(self.beta)), x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        (x * self.beta).sigmoid().into()
    }
    fn pull(&self, _: usize, [x]: [&[T]; 1], _: &[T], g: &[T], out: &mut [T]) {
        map(Pull(T::from_f64(self.beta)), [x, g], out);
    }
}

impl<T: Real> Tensor<T> {
    /// ln(1 + eˣ), element by element, without overflow.
    #[must_use]
    #[track_caller]
    pub fn softplus(&self) -> Self {
        self.softplus_with(1.0)
    }

    /// ln(1 + e^{βx}) / β, element by element.
    ///
    /// # Panics
    /// If `beta` is not positive and finite.
    #[track_caller]
    #[must_use]
    pub fn softplus_with(&self, beta: f64) -> Self {
        if !(beta > 0.0 && beta.is_finite()) {
            crate::message::panic_with(&format!("softplus: beta must be positive and finite, got {beta}"));
        }
        T::apply(T::boxed(Softplus { beta }), &[self])
    }
}

impl Room for Softplus {
    const NAME: &'static str = "softplus";
    const FORMULA: &'static str = "y = ln(1 + e^{βx}) / β";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::softplus, &[0.0, -0.0, 1.0, -1.0, 3.0, -30.0, 30.0, 100.0, -100.0, 1e3]);
        cases.extend(unary(|x| x.softplus_with(2.5), &[0.5, -2.0]));
        cases.extend(known("softplus", Tensor::softplus));
        cases
    }
}
