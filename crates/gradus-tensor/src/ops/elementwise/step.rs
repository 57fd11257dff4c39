//! The unit step: 1 above 0, else 0. Its derivative is zero everywhere, and still connected.

use crate::case::{Case, Room, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = 1 for x > 0, else 0, with dy = 0.
#[derive(Clone, Debug)]
pub struct Step;

lanes!(Lane, |_, [x]| if x > T::ZERO { T::ONE } else { T::ZERO });

impl<T: Real> Elementwise<1, T> for Step {
    const NAME: &'static str = "step";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, _: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        Slot::Zero
    }
    fn is_locally_constant(&self, _: usize) -> bool {
        true
    }
}

impl<T: Real> Tensor<T> {
    /// 1 above 0, else 0 (0 at 0), element by element: piecewise constant, so all derivatives are 0.
    #[doc(alias = "heaviside")]
    #[must_use]
    #[track_caller]
    pub fn step(&self) -> Self {
        T::apply(T::boxed(Step), &[self])
    }
}

impl Room for Step {
    const NAME: &'static str = "step";
    const FORMULA: &'static str = "y = 1 for x > 0, else 0";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| x.step() * x.square(), &[1.0, -1.0, 2.5, -0.5, 30.0, 1e-8, -1e-8, 1e4, -1e4]);
        cases.extend([0.0, -0.0].map(|x| {
            Case::new(format!("at {x}"), vec![Tensor::from_slice(&[1], &[x])], |x| x[0].step()).expect_all([0.0; 4])
        }));
        cases
    }
}
