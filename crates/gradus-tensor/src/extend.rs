//! What is needed to write an op outside this crate: the kinds, the door, and the checker. Our own ops use the same.

pub use crate::attempt::refuse;
pub use crate::kind::{Bilinear, Elementwise, Fused, Linear, Pointwise, Product, Straight, Whole};
pub use crate::op::{Op, Point, Refusal, Slot, Slots};
pub use crate::real::Real;
pub use crate::shape::{Dims, Layout};
pub use gradus_kernels::{Isa, Map, Portable, View, lanes, map};

use crate::node::Tensor;

/// Applies an elementwise op: `pointwise(Tanh, [&x])`.
#[track_caller]
pub fn pointwise<const N: usize, T: Real, O: Elementwise<N, T>>(op: O, x: [&Tensor<T>; N]) -> Tensor<T> {
    T::apply(Box::new(Pointwise(op)), &x)
}

/// Applies any op of one of the other kinds, wrapped in its kind: `apply(Straight(MyLinear), &[&x])`.
#[track_caller]
pub fn apply<T: Real>(op: impl Op<T>, x: &[&Tensor<T>]) -> Tensor<T> {
    T::apply(Box::new(op), x)
}
