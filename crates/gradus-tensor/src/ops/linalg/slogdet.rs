//! The sign and the logarithm of the determinant, which neither overflow nor underflow.

use super::batch::{needs_matrix, nth, sizes, square, with_tail};
use super::inverse::inverse;
use super::trace::Trace;
use super::verdict::{code, judge, judged};
use crate::case::{Case, Room, spread};
use crate::error::Result;
use crate::node::Tensor;
use crate::op::{Op, Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::{View, linalg};

/// y = (sign det A, ln |det A|) along a last axis of 2, with d ln |det A| = tr(A⁻¹ dA).
#[derive(Clone, Debug)]
pub struct SlogDet;

impl<T: Real> Op<T> for SlogDet {
    fn name(&self) -> &str {
        <Self as Room>::NAME
    }
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        square("slogdet", x[0]).map(|s| with_tail(&s, &[2]))
    }
    fn aux_len(&self, x: &[&[usize]]) -> usize {
        sizes(x[0]).0
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], aux: &mut [T]) {
        let (_, n, _) = sizes(x[0].shape);
        let a = x[0].to_vec();
        let (mut lu, mut pivots) = (vec![T::ZERO; n * n], vec![0; n]);
        for (i, y) in out.chunks_exact_mut(2).enumerate() {
            lu.copy_from_slice(nth(&a, n * n, i));
            let verdict = linalg::lu_factor(n, &mut lu, &mut pivots);
            (y[0], y[1]) = match verdict {
                Err(linalg::Error::NotFinite { .. }) => (T::NAN, T::NAN),
                _ => linalg::sign_log_determinant(n, &lu, &pivots),
            };
            aux[i] = code(verdict);
        }
    }
    fn vjp(&self, at: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Slots<T> {
        let g = g.narrow(-1, 1, 1).unsqueeze(-1);
        std::iter::once(Slot::Of(inverse(&at.inputs[0]).t() * g)).collect()
    }
    fn jvp(&self, at: &Point<'_, T>, t: &[Slot<T>]) -> Slot<T> {
        t[0].clone().map(|da| {
            let log = Trace::of_product(&inverse(&at.inputs[0]), &da);
            Tensor::stack(&[log.zeros_like(), log], -1)
        })
    }
}

impl<T: Real> Tensor<T> {
    /// (sign det A, ln |det A|) of `[.., n, n]`: two tensors `[..]`; the sign has derivative 0.
    ///
    /// # Errors
    /// If a matrix is singular (its logarithm is −∞, and its derivative does not exist: [`det`](Tensor::det) is defined there) or has an
    /// entry that is not finite.
    ///
    /// # Panics
    /// If the last two axes are not equal.
    #[doc(alias = "logdet")]
    #[track_caller]
    pub fn slogdet(&self) -> Result<(Self, Self)> {
        needs_matrix("slogdet", self);
        let (y, codes) = judged(SlogDet, &[self]);
        let way_out = "ln |det| is −∞ there; det is defined, or add a small multiple of the identity";
        judge("slogdet", codes.as_ref(), sizes(self.shape()).0, "singular", way_out)?;
        Ok((y.select(-1, 0), y.select(-1, 1)))
    }
}

#[allow(clippy::expect_used, reason = "cases are regular")]
impl Room for SlogDet {
    const NAME: &'static str = "slogdet";
    const FORMULA: &'static str = "y = (sign det A, ln |det A|)";
    #[inline]
    fn cases() -> Vec<Case> {
        let both = |x: &Tensor<f64>| {
            let (sign, log) = x.slogdet().expect("regular by construction");
            sign * 3.0 + log
        };
        let on = |label: &str, x: Tensor<f64>| Case::new(label, vec![x], move |x| both(&x[0]));
        vec![
            on("two", spread(&[2, 2], 1) + Tensor::eye(2)),
            on("three", spread(&[3, 3], 1) + Tensor::eye(3) * 2),
            on("negative", Tensor::from_slice(&[2, 2], &[0.0, 1.0, 1.0, 0.0])),
            on("one by one", spread(&[1, 1], 1)),
            on("empty", Tensor::zeros(&[0, 0])),
            on("tiny: det underflows", Tensor::eye(4) * 1e-85).skip(1, "differences leave the range"),
            on("huge: det overflows", Tensor::eye(4) * 1e85).skip(1, "differences do not move the value"),
            on("nearly singular", Tensor::from_slice(&[2, 2], &[1.0, 1.0, 1.0, 1.01])).step(0.02),
            on("a batch", spread(&[2, 2, 2], 1) + Tensor::eye(2) * 2),
            on("an empty batch", Tensor::zeros(&[0, 2, 2])),
            Case::new("transposed view", vec![spread(&[2, 2], 1) + Tensor::eye(2) * 2], move |x| {
                both(&x[0].t()).square()
            }),
        ]
    }
}
