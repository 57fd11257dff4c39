//! Eigenvalues and eigenvectors of symmetric matrices, batched. With the feature `linalg` by faer, without it by Jacobi's rotations.

use super::batch::{mask, needs_matrix, nth, pack, sizes, square, symmetric, unpack, with_tail};
use super::verdict::{data, degenerate, each, is_differentiated, judge, judged};
use crate::case::{Case, Room, spread};
use crate::error::Result;
use crate::message;
use crate::node::Tensor;
use crate::op::{Op, Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::{View, linalg};

/// (λ, V) one after another along the last axis, for a symmetric A: A = V diag(λ) Vᵀ, λ rising.
///
/// With K = Vᵀ dA V: dλ = diag K, dV = V (F ∘ K), Fᵢⱼ = 1/(λⱼ − λᵢ) off the diagonal and 0 on it.
#[derive(Clone, Debug)]
pub struct Eigh;

/// Through the door, for a symmetric A.
#[track_caller]
pub(super) fn eigh<T: Real>(a: &Tensor<T>) -> (Tensor<T>, Tensor<T>) {
    parts(&T::apply(T::boxed(Eigh), &[a]), a.shape()[a.rank() - 1])
}

/// λ and V of a packed output or cotangent.
fn parts<T: Real>(packed: &Tensor<T>, n: usize) -> (Tensor<T>, Tensor<T>) {
    let mut parts = unpack(packed, &[&[n], &[n, n]]).into_iter();
    match (parts.next(), parts.next()) {
        (Some(values), Some(vectors)) => (values, vectors),
        _ => unreachable!("two shapes were given"),
    }
}

const INSTEAD: &str = "eigvalsh has first derivatives there";

/// Fᵢⱼ = 1/(λⱼ − λᵢ) off the diagonal.
fn gaps<T: Real>(values: &Tensor<T>) -> Tensor<T> {
    let n = values.shape()[values.rank() - 1];
    if let Some(why) = degenerate("eigh", "eigenvalues", &values.to_vec(), n, false, INSTEAD) {
        message::panic_with(&why);
    }
    let gaps = values.unsqueeze(-2) - values.unsqueeze(-1) + Tensor::eye(n);
    gaps.recip() * mask(n, |i, j| i != j)
}

/// Turns each column of a matrix `[rows, n]` so that its largest entry is positive: the sign is then locally constant.
/// Answers which columns were turned.
pub(super) fn turn<T: Real>(rows: usize, n: usize, vectors: &mut [T]) -> Vec<bool> {
    (0..n)
        .map(|c| {
            let top =
                (0..rows).fold(0, |top, r| if vectors[r * n + c].abs() > vectors[top * n + c].abs() { r } else { top });
            let negative = rows > 0 && vectors[top * n + c] < T::ZERO;
            if negative {
                (0..rows).for_each(|r| vectors[r * n + c] = -vectors[r * n + c]);
            }
            negative
        })
        .collect()
}

impl<T: Real> Op<T> for Eigh {
    fn name(&self) -> &str {
        <Self as Room>::NAME
    }
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        let (_, n, _) = sizes(x[0]);
        square("eigh", x[0]).map(|s| with_tail(&s, &[n + n * n]))
    }
    fn aux_len(&self, x: &[&[usize]]) -> usize {
        sizes(x[0]).0
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], aux: &mut [T]) {
        let (_, n, _) = sizes(x[0].shape);
        let a = x[0].to_vec();
        each(out, n + n * n, aux, |i, y| {
            let (values, vectors) = y.split_at_mut(n);
            linalg::symmetric_eigen(n, nth(&a, n * n, i), values, vectors)?;
            turn(n, n, vectors);
            Ok(())
        });
    }
    fn vjp(&self, at: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Slots<T> {
        let (_, n, _) = sizes(at.inputs[0].shape());
        let ((values, v), (g_values, g_v)) = (parts(at.output, n), parts(g, n));
        let inner = g_values.diag_embed(0) + gaps(&values) * v.t().matmul(&g_v);
        std::iter::once(Slot::Of(v.matmul(&inner).matmul(&v.t()))).collect()
    }
    fn jvp(&self, at: &Point<'_, T>, t: &[Slot<T>]) -> Slot<T> {
        let (_, n, _) = sizes(at.inputs[0].shape());
        let (values, v) = parts(at.output, n);
        t[0].clone().map(|da| {
            let k = v.t().matmul(&da).matmul(&v);
            let dv = v.matmul(&(gaps(&values) * &k));
            pack(&[(k.diagonal(0), 1), (dv, 2)])
        })
    }
}

impl<T: Real> Tensor<T> {
    /// (λ, V) with A = V diag(λ) Vᵀ: λ `[.., n]` rising, the columns of V `[.., n, n]` orthonormal, the largest entry of each positive.
    /// Only the symmetric part (A + Aᵀ)/2 of A `[.., n, n]` counts. With the feature `linalg` by faer, else by Jacobi's rotations.
    ///
    /// The derivative of V holds 1/(λⱼ − λᵢ): the k-th one loses about k times the digits of the gap.
    ///
    /// # Errors
    /// If an entry is not finite or the iteration does not converge; if A is tracked and two eigenvalues are equal to working precision:
    /// their vectors, hence every derivative that goes through them, do not exist. [`eigvalsh`](Tensor::eigvalsh) has first derivatives
    /// there. (An untracked A is factored all the same.)
    ///
    /// # Panics
    /// If the last two axes are not equal.
    #[doc(alias = "symeig")]
    #[track_caller]
    pub fn eigh(&self) -> Result<(Self, Self)> {
        needs_matrix("eigh", self);
        if let Err(why) = square("eigh", self.shape()) {
            message::panic_with(&why);
        }
        let (batch, n, _) = sizes(self.shape());
        let (packed, codes) = judged(Eigh, &[&symmetric(self)]);
        judge("eigh", codes.as_ref(), batch, "singular", "")?;
        let (values, vectors) = parts(&packed, n);
        if is_differentiated(self)
            && let Some(why) = degenerate("eigh", "eigenvalues", &values.to_vec(), n, false, INSTEAD)
        {
            return Err(data(why));
        }
        Ok((values, vectors))
    }
}

/// A symmetric matrix with the given eigenvalues, in a basis without structure.
pub(super) fn with_eigenvalues(values: &[f64], seed: u64) -> Tensor<f64> {
    let n = values.len();
    let q = spread(&[n, n], seed).skew_expm();
    symmetric(&(&q * Tensor::from_slice(&[n], values)).matmul(&q.t()))
}

#[allow(clippy::expect_used, reason = "cases have gaps")]
impl Room for Eigh {
    const NAME: &'static str = "eigh";
    const FORMULA: &'static str = "A = V diag(λ) Vᵀ";
    #[inline]
    fn cases() -> Vec<Case> {
        let both = |x: &Tensor<f64>| {
            let (values, v) = x.eigh().expect("gaps");
            values.exp().sum() + (v.square() * spread(v.shape(), 4) + v.sin()).sum()
        };
        let on = |label: &str, x: Tensor<f64>| Case::new(label, vec![x], move |x| both(&x[0]));
        vec![
            on("two, not symmetric", spread(&[2, 2], 1)),
            on("three", with_eigenvalues(&[-1.0, 0.2, 2.0], 1)),
            on("four", with_eigenvalues(&[-1.0, 0.0, 1.5, 3.0], 2)),
            on("diagonal", Tensor::from_slice(&[2, 2], &[2.0, 0.0, 0.0, 1.0])),
            on("singular", with_eigenvalues(&[0.0, 1.0], 1)),
            on("one by one", spread(&[1, 1], 1)),
            on("empty", Tensor::zeros(&[0, 0])),
            on("a batch", Tensor::stack(&[with_eigenvalues(&[1.0, 2.0], 1), with_eigenvalues(&[-1.0, 3.0], 3)], 0)),
            on("an empty batch", Tensor::zeros(&[0, 2, 2])),
            on("a gap of 1.1e-3", with_eigenvalues(&[1.0, 1.0011, 2.0], 1)).step(1e-3),
            Case::new("transposed view", vec![with_eigenvalues(&[-1.0, 1.0], 1)], move |x| both(&x[0].t())),
            Case::new("V diag(λ) Vᵀ is A", vec![with_eigenvalues(&[-1.0, 1.0, 2.0], 1)], |x| {
                let (values, v) = x[0].eigh().expect("gaps");
                (&v * values.unsqueeze(-2)).matmul(&v.t())
            }),
            Case::new("a function of a matrix", vec![with_eigenvalues(&[0.5, 1.0, 2.0], 1)], |x| {
                let (values, v) = x[0].eigh().expect("gaps");
                (&v * values.ln().unsqueeze(-2)).matmul(&v.t())
            }),
        ]
    }
}
