//! The rectifier.

use crate::case::{Case, Room, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = max(x, 0), with dy = dx for x > 0, else 0 (0 at 0).
#[derive(Clone, Debug)]
pub struct Relu;

// NaN passes: `x < 0` is false for it.
lanes!(Lane, |_, [x]| if x < T::ZERO { T::ZERO } else { x });
lanes!(Pull, |_, [x, g]| if x > T::ZERO { g } else { T::ZERO });

impl<T: Real> Elementwise<1, T> for Relu {
    const NAME: &'static str = "relu";
    const PULL: bool = true;
    const PIECEWISE: bool = true;
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        x.step().into()
    }
    fn pull(&self, _: usize, [x]: [&[T]; 1], _: &[T], g: &[T], out: &mut [T]) {
        map(Pull, [x, g], out);
    }
}

impl<T: Real> Tensor<T> {
    /// max(x, 0), element by element. The derivative at 0 is 0, as in PyTorch.
    #[must_use]
    #[track_caller]
    pub fn relu(&self) -> Self {
        T::apply(T::boxed(Relu), &[self])
    }
}

impl Room for Relu {
    const NAME: &'static str = "relu";
    const FORMULA: &'static str = "y = max(x, 0)";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| x.relu().square(), &[1.0, -1.0, 2.5, -0.5, 30.0, 1e-8, -1e-8, 1e4, -1e4]);
        cases.extend([0.0, -0.0].map(|x| {
            Case::new(format!("at {x}"), vec![Tensor::from_slice(&[1], &[x])], |x| x[0].relu()).expect_all([0.0; 4])
        }));
        cases
    }
}
