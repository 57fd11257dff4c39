//! The rectifier that leaks.

use crate::case::{Case, Room, row, unary};
use crate::kind::Elementwise;
use crate::message;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{Isa, Map, map};

/// y = x for x > 0, else s·x, with dy = dx for x > 0, else s dx (s at 0).
#[derive(Clone, Debug)]
pub struct LeakyRelu {
    slope: f64,
}

#[derive(Clone, Copy)]
struct Lane<T>(T);
impl<T: Real> Map<T, 1> for Lane<T> {
    #[inline(always)]
    fn at<S: Isa>(self, _: S, [x]: [T; 1]) -> T {
        if x > T::ZERO { x } else { x * self.0 }
    }
}

#[derive(Clone, Copy)]
struct Pull<T>(T);
impl<T: Real> Map<T, 2> for Pull<T> {
    #[inline(always)]
    fn at<S: Isa>(self, _: S, [x, g]: [T; 2]) -> T {
        if x > T::ZERO { g } else { g * self.0 }
    }
}

impl<T: Real> Elementwise<1, T> for LeakyRelu {
    const NAME: &'static str = "leaky_relu";
    const PULL: bool = true;
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane(T::from_f64(self.slope)), x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        (x.step() * (1.0 - self.slope) + self.slope).into()
    }
    fn pull(&self, _: usize, [x]: [&[T]; 1], _: &[T], g: &[T], out: &mut [T]) {
        map(Pull(T::from_f64(self.slope)), [x, g], out);
    }
}

impl<T: Real> Tensor<T> {
    /// x for x > 0, else `slope` · x, element by element. The derivative at 0 is `slope`, as in PyTorch.
    ///
    /// # Panics
    /// If `slope` is not finite.
    #[track_caller]
    #[must_use]
    pub fn leaky_relu(&self, slope: f64) -> Self {
        if !slope.is_finite() {
            message::panic_with(&format!("leaky_relu: the slope must be finite, got {slope}"));
        }
        T::apply(T::boxed(LeakyRelu { slope }), &[self])
    }
}

impl Room for LeakyRelu {
    const NAME: &'static str = "leaky_relu";
    const FORMULA: &'static str = "y = x for x > 0, else s·x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| x.leaky_relu(0.1).square(), &[1.0, -1.0, 2.5, -0.5, 30.0, 1e-8, -1e-8, 1e4, -1e4]);
        cases.extend([0.0, -0.0].map(|x| {
            Case::new(format!("at {x}"), vec![row(&[x])], |x| x[0].leaky_relu(0.25)).expect_all([0.0, 0.25, 0.0, 0.0])
        }));
        cases
    }
}
