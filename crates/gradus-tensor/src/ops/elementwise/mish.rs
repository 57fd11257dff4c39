//! Mish, a smooth gated unit (Misra 2019).

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = x t with t = tanh(softplus x), and dy = (t + x (1 − t²) σ(x)) dx.
#[derive(Clone, Debug)]
pub struct Mish;

lanes!(Lane, |s, [x]| x * x.softplus(s).tanh(s));

impl<T: Real> Elementwise<1, T> for Mish {
    const NAME: &'static str = "mish";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        {
            let t = x.softplus().tanh();
            (&t + x * (1 - t.square()) * x.sigmoid()).into()
        }
    }
}

impl<T: Real> Tensor<T> {
    /// y = x tanh(ln(1 + eˣ)), element by element.
    #[must_use]
    #[track_caller]
    pub fn mish(&self) -> Self {
        T::apply(T::boxed(Mish), &[self])
    }
}

impl Room for Mish {
    const NAME: &'static str = "mish";
    const FORMULA: &'static str = "y = x tanh(ln(1 + eˣ))";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::mish, &[0.0, -0.0, 1.0, -1.0, 3.0, 30.0, -30.0, -1e3]);
        cases.extend(known("mish", Tensor::mish));
        cases
    }
}
