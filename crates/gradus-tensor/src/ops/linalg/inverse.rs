//! The inverse of a matrix, batched.

use super::batch::{needs_matrix, nth, sizes, square};
use super::verdict::{each, judge, judged};
use crate::case::{Case, Room, spread};
use crate::error::Result;
use crate::node::Tensor;
use crate::op::{Op, Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::{View, linalg};

/// Y = A⁻¹, with dY = −Y dA Y.
#[derive(Clone, Debug)]
pub struct Inverse;

/// Through the door; a matrix without an inverse gives NaN.
#[track_caller]
pub(super) fn inverse<T: Real>(a: &Tensor<T>) -> Tensor<T> {
    T::apply(T::boxed(Inverse), &[a])
}

impl<T: Real> Op<T> for Inverse {
    fn name(&self) -> &str {
        <Self as Room>::NAME
    }
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        square("inverse", x[0])
    }
    fn aux_len(&self, x: &[&[usize]]) -> usize {
        sizes(x[0]).0
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], aux: &mut [T]) {
        let (_, n, _) = sizes(x[0].shape);
        let a = x[0].to_vec();
        each(out, n * n, aux, |i, y| linalg::inverse(n, nth(&a, n * n, i), y));
    }
    fn vjp(&self, at: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Slots<T> {
        let yt = at.output.t();
        std::iter::once(Slot::Of(-yt.matmul(g).matmul(&yt))).collect()
    }
    fn jvp(&self, at: &Point<'_, T>, t: &[Slot<T>]) -> Slot<T> {
        t[0].clone().map(|da| -at.output.matmul(&da).matmul(at.output))
    }
}

impl<T: Real> Tensor<T> {
    /// A⁻¹ of `[.., n, n]`. To solve a system take [`solve`](Tensor::solve).
    ///
    /// # Errors
    /// If a matrix is singular (a pivot is exactly 0) or has an entry that is not finite.
    ///
    /// # Panics
    /// If the last two axes are not equal.
    #[doc(alias = "inv")]
    #[track_caller]
    pub fn inverse(&self) -> Result<Self> {
        needs_matrix("inverse", self);
        let (y, codes) = judged(Inverse, &[self]);
        judge("inverse", codes.as_ref(), sizes(self.shape()).0, "singular", "add a small multiple of the identity?")?;
        Ok(y)
    }
}

#[allow(clippy::expect_used, reason = "cases are regular")]
impl Room for Inverse {
    const NAME: &'static str = "inverse";
    const FORMULA: &'static str = "Y = A⁻¹";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, x: Tensor<f64>| {
            Case::new(label, vec![x], |x| x[0].inverse().expect("regular by construction"))
        };
        let regular = |shape: &[usize], seed| spread(shape, seed) + Tensor::eye(shape[shape.len() - 1]) * 2.0;
        vec![
            on("two", regular(&[2, 2], 1)),
            on("three", regular(&[3, 3], 2)),
            on("identity", Tensor::eye(2)),
            on("one by one", regular(&[1, 1], 1)),
            on("empty", Tensor::zeros(&[0, 0])),
            on("a batch", regular(&[2, 2, 2], 1)),
            on("an empty batch", Tensor::zeros(&[0, 2, 2])),
            on("exchange of rows", Tensor::from_slice(&[2, 2], &[0.0, 1.0, 1.0, 0.0])),
            on("nearly singular", Tensor::from_slice(&[2, 2], &[1.0, 1.0, 1.0, 1.01])).step(0.02),
            on("huge", regular(&[2, 2], 1) * 1e8),
            Case::new("transposed view", vec![regular(&[3, 3], 1)], |x| x[0].t().inverse().expect("regular")),
        ]
    }
}
