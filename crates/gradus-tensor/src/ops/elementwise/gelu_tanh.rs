//! The Gaussian error linear unit in its tanh form.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = ½ x (1 + t) with t = tanh(c (x + k x³)), c = √(2/π), k = 0.044715, and dy = (½ (1 + t) + ½ x (1 − t²) c (1 + 3k x²)) dx.
#[derive(Clone, Debug)]
pub struct GeluTanh;

const C: f64 = 0.797_884_560_802_865_4;
const K: f64 = 0.044_715;

lanes!(Lane, |s, [x]| {
    let t = (T::from_f64(C) * (x + T::from_f64(K) * x * x * x)).tanh(s);
    T::from_f64(0.5) * x * (T::ONE + t)
});

impl<T: Real> Elementwise<1, T> for GeluTanh {
    const NAME: &'static str = "gelu_tanh";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        // Beyond 40 the slope is 0 or 1, and x² must not overflow in what follows.
        let x = x.clamp(-40.0, 40.0);
        let square = x.square();
        let t = ((&x + &square * &x * K) * C).tanh();
        let inner = (square * (3.0 * K) + 1.0) * C;
        ((&t + 1.0 + x * (1 - t.square()) * inner) * 0.5).into()
    }
}

impl<T: Real> Tensor<T> {
    /// ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))), element by element: the approximation of [`gelu`](Self::gelu) that many published
    /// weights were trained with.
    #[must_use]
    #[track_caller]
    pub fn gelu_tanh(&self) -> Self {
        T::apply(T::boxed(GeluTanh), &[self])
    }
}

impl Room for GeluTanh {
    const NAME: &'static str = "gelu_tanh";
    const FORMULA: &'static str = "y = ½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::gelu_tanh, &[0.0, -0.0, 1.0, -1.0, 3.0, 30.0, -30.0]);
        cases.extend(known("gelu_tanh", Tensor::gelu_tanh));
        cases
    }
}
