//! The thin singular value decomposition, batched. With the feature `linalg` by faer, without it by Jacobi's rotations.

use super::batch::{mask, needs_matrix, nth, pack, sizes, unpack, with_tail};
use super::eigh::turn;
use super::verdict::{data, degenerate, each, is_differentiated, judge, judged};
use crate::case::{Case, Room, spread};
use crate::error::Result;
use crate::message;
use crate::node::Tensor;
use crate::op::{Op, Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::{View, linalg};

/// (U, s, Vᵀ) one after another along the last axis: A = U diag(s) Vᵀ, s falling, k = min(m, n) of them.
///
/// With P = Uᵀ dA V, Eᵢⱼ = 1/(sⱼ − sᵢ) and Hᵢⱼ = 1/(sⱼ + sᵢ) off the diagonal: ds = diag P,
/// dU = ½ U (E∘(P + Pᵀ) + H∘(P − Pᵀ)) + (I − UUᵀ) dA V S⁻¹ and dV = ½ V (E∘(P + Pᵀ) − H∘(P − Pᵀ)) + (I − VVᵀ) dAᵀ U S⁻¹
/// (Townsend 2016; sums and differences apart, so that nothing is squared).
#[derive(Clone, Debug)]
pub struct Svd;

/// U, s and Vᵀ.
type Parts<T> = (Tensor<T>, Tensor<T>, Tensor<T>);

/// Through the door.
#[track_caller]
pub(super) fn svd<T: Real>(a: &Tensor<T>) -> Parts<T> {
    let (_, m, n) = sizes(a.shape());
    parts(&T::apply(T::boxed(Svd), &[a]), m, n)
}

/// U, s and Vᵀ of a packed output or cotangent.
fn parts<T: Real>(packed: &Tensor<T>, m: usize, n: usize) -> Parts<T> {
    let k = m.min(n);
    let mut parts = unpack(packed, &[&[m, k], &[k], &[k, n]]).into_iter();
    match (parts.next(), parts.next(), parts.next()) {
        (Some(u), Some(s), Some(vt)) => (u, s, vt),
        _ => unreachable!("three shapes were given"),
    }
}

const INSTEAD: &str = "singular_values has first derivatives there";

/// E and H.
fn gaps<T: Real>(s: &Tensor<T>) -> (Tensor<T>, Tensor<T>) {
    let k = s.shape()[s.rank() - 1];
    if let Some(why) = degenerate("svd", "singular values", &s.to_vec(), k, true, INSTEAD) {
        message::panic_with(&why);
    }
    let (row, column, off) = (s.unsqueeze(-2), s.unsqueeze(-1), mask(k, |i, j| i != j));
    ((&row - &column + Tensor::eye(k)).recip() * &off, (row + column).recip() * off)
}

/// (I − X Xᵀ) Y: what of Y lies outside the span of X.
fn outside<T: Real>(x: &Tensor<T>, y: &Tensor<T>) -> Tensor<T> {
    y - x.matmul(&x.t().matmul(y))
}

impl<T: Real> Op<T> for Svd {
    fn name(&self) -> &str {
        <Self as Room>::NAME
    }
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        let (_, m, n) = sizes(x[0]);
        Ok(with_tail(x[0], &[m.min(n) * (m + n + 1)]))
    }
    fn aux_len(&self, x: &[&[usize]]) -> usize {
        sizes(x[0]).0
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], aux: &mut [T]) {
        let (_, m, n) = sizes(x[0].shape);
        let (a, k) = (x[0].to_vec(), m.min(n));
        each(out, k * (m + n + 1), aux, |i, y| {
            let (u, rest) = y.split_at_mut(m * k);
            let (s, vt) = rest.split_at_mut(k);
            linalg::svd(m, n, nth(&a, m * n, i), u, s, vt)?;
            for (turned, row) in turn(m, k, u).into_iter().zip(vt.chunks_exact_mut(n.max(1))) {
                if turned {
                    row.iter_mut().for_each(|x| *x = -*x);
                }
            }
            Ok(())
        });
    }
    fn vjp(&self, at: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Slots<T> {
        let (_, m, n) = sizes(at.inputs[0].shape());
        let ((u, s, vt), (gu, gs, gvt)) = (parts(at.output, m, n), parts(g, m, n));
        let (v, gv) = (vt.t(), gvt.t());
        let (e, h) = gaps(&s);
        let (left, right) = (u.t().matmul(&gu), v.t().matmul(&gv));
        let (even, odd) = (e * (&left + &right), h * (left - right));
        let inner = gs.diag_embed(0) + (&even + even.t() + &odd - odd.t()) * 0.5;
        let mut da = u.matmul(&inner).matmul(&vt);
        let over = s.unsqueeze(-2);
        if m > n {
            da = da + outside(&u, &(gu / &over)).matmul(&vt);
        }
        if n > m {
            da = da + u.matmul(&outside(&v, &(gv / &over)).t());
        }
        std::iter::once(Slot::Of(da)).collect()
    }
    fn jvp(&self, at: &Point<'_, T>, t: &[Slot<T>]) -> Slot<T> {
        let (_, m, n) = sizes(at.inputs[0].shape());
        let (u, s, vt) = parts(at.output, m, n);
        t[0].clone().map(|da| {
            let v = vt.t();
            let p = u.t().matmul(&da).matmul(&v);
            let (e, h) = gaps(&s);
            let (even, odd) = (e * (&p + p.t()) * 0.5, h * (&p - p.t()) * 0.5);
            let over = s.unsqueeze(-2);
            let mut du = u.matmul(&(&even + &odd));
            let mut dv = v.matmul(&(even - odd));
            if m > n {
                du = du + outside(&u, &da.matmul(&v)) / &over;
            }
            if n > m {
                dv = dv + outside(&v, &da.t().matmul(&u)) / &over;
            }
            pack(&[(du, 2), (p.diagonal(0), 1), (dv.t(), 2)])
        })
    }
}

impl<T: Real> Tensor<T> {
    /// (U, s, Vᵀ) with A = U diag(s) Vᵀ, thin: A `[.., m, n]`, k = min(m, n), U `[.., m, k]`, s `[.., k]` falling and ≥ 0, Vᵀ `[.., k, n]`.
    /// The largest entry of each column of U is positive. With the feature `linalg` by faer, else by Jacobi's rotations.
    ///
    /// # Errors
    /// If an entry is not finite or the iteration does not converge; if A is tracked and two singular values are equal, or one is 0, to
    /// working precision: the vectors have no derivative there. [`singular_values`](Tensor::singular_values) has first derivatives.
    /// (An untracked A is factored all the same.)
    ///
    /// # Panics
    /// If the rank is below 2.
    #[track_caller]
    pub fn svd(&self) -> Result<(Self, Self, Self)> {
        needs_matrix("svd", self);
        let (batch, m, n) = sizes(self.shape());
        let (packed, codes) = judged(Svd, &[self]);
        judge("svd", codes.as_ref(), batch, "singular", "")?;
        let (u, s, vt) = parts(&packed, m, n);
        if is_differentiated(self)
            && let Some(why) = degenerate("svd", "singular values", &s.to_vec(), m.min(n), true, INSTEAD)
        {
            return Err(data(why));
        }
        Ok((u, s, vt))
    }
}

/// A matrix `[m, n]` with the given singular values, in bases without structure.
pub(super) fn with_singular_values(m: usize, n: usize, s: &[f64]) -> Tensor<f64> {
    let k = s.len();
    let (u, v) = (spread(&[m, m], 1).skew_expm().narrow(1, 0, k), spread(&[n, n], 2).skew_expm().narrow(1, 0, k));
    (u * Tensor::from_slice(&[k], s)).matmul(&v.t())
}

#[allow(clippy::expect_used, reason = "cases have gaps")]
impl Room for Svd {
    const NAME: &'static str = "svd";
    const FORMULA: &'static str = "A = U diag(s) Vᵀ";
    #[inline]
    fn cases() -> Vec<Case> {
        let all = |x: &Tensor<f64>| {
            let (u, s, vt) = x.svd().expect("gaps");
            s.exp().sum()
                + (u.square() * spread(u.shape(), 4) + u.sin()).sum()
                + (vt.exp() * spread(vt.shape(), 5)).sum()
        };
        let on = |label: &str, x: Tensor<f64>| Case::new(label, vec![x], move |x| all(&x[0]));
        vec![
            on("square", with_singular_values(2, 2, &[2.0, 0.7])),
            on("three", with_singular_values(3, 3, &[2.0, 1.0, 0.4])),
            on("tall", with_singular_values(3, 2, &[2.0, 0.7])),
            on("wide", with_singular_values(2, 3, &[2.0, 0.7])),
            on("one by one", Tensor::from_slice(&[1, 1], &[-0.7])),
            on("a column", spread(&[3, 1], 1)),
            on("a row", spread(&[1, 3], 1)),
            on("empty", Tensor::zeros(&[0, 0])),
            on("no columns", Tensor::zeros(&[2, 0])),
            on(
                "a batch",
                Tensor::stack(&[with_singular_values(2, 2, &[2.0, 1.0]), with_singular_values(2, 2, &[1.5, 0.5])], 0),
            ),
            on("an empty batch", Tensor::zeros(&[0, 2, 2])),
            on("a gap of 1.1e-3", with_singular_values(2, 2, &[1.0011, 1.0])).step(1e-3),
            on("a small value", with_singular_values(2, 2, &[1.0, 2e-2])).step(2e-2),
            Case::new("transposed view", vec![with_singular_values(3, 2, &[2.0, 0.7])], move |x| all(&x[0].t())),
            Case::new("U diag(s) Vᵀ is A", vec![with_singular_values(3, 2, &[2.0, 0.7])], |x| {
                let (u, s, vt) = x[0].svd().expect("gaps");
                (u * s.unsqueeze(-2)).matmul(&vt)
            }),
        ]
    }
}
