//! Singular values alone, batched: where two are equal, or one is 0, they still have first derivatives.

use super::batch::{needs_matrix, nth, sizes, with_tail};
use super::svd::{svd, with_singular_values};
use super::verdict::{code, judge, judged, rounding};
use crate::case::{Case, Room, spread};
use crate::error::Result;
use crate::node::Tensor;
use crate::op::{Op, Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use crate::trace::is_recording;
use gradus_kernels::{View, linalg};

/// s of A = U diag(s) Vᵀ, falling, with ds = diag(Uᵀ dA V), and 0 for what is 0, as with |x| at 0.
#[derive(Clone, Debug)]
pub struct SingularValues;

/// Ones for singular values above rounding, else zeros; rows of k numbers.
fn counted<T: Real>(s: &Tensor<T>, n: usize) -> Tensor<T> {
    let (k, numbers) = (s.shape()[s.rank() - 1], s.to_vec());
    Tensor::build(s.shape(), |out| {
        for (out, s) in out.chunks_exact_mut(k.max(1)).zip(numbers.chunks_exact(k.max(1))) {
            let least = rounding::<T>(n, s[0].to_f64());
            out.iter_mut().zip(s).for_each(|(o, s)| *o = if s.to_f64() <= least { T::ZERO } else { T::ONE });
        }
    })
}

impl<T: Real> Op<T> for SingularValues {
    fn name(&self) -> &str {
        <Self as Room>::NAME
    }
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        let (_, m, n) = sizes(x[0]);
        Ok(with_tail(x[0], &[m.min(n)]))
    }
    fn aux_len(&self, x: &[&[usize]]) -> usize {
        let (batch, m, n) = sizes(x[0]);
        batch * (1 + m.min(n) * (m + n))
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], aux: &mut [T]) {
        let (batch, m, n) = sizes(x[0].shape);
        let (a, k) = (x[0].to_vec(), m.min(n));
        let (codes, rest) = aux.split_at_mut(batch);
        let (us, vts) = rest.split_at_mut(batch * m * k);
        for i in 0..batch {
            let s = &mut out[i * k..(i + 1) * k];
            let (u, vt) = (&mut us[i * m * k..(i + 1) * m * k], &mut vts[i * k * n..(i + 1) * k * n]);
            let verdict = linalg::svd(m, n, nth(&a, m * n, i), u, s, vt);
            if verdict.is_err() {
                s.fill(T::NAN);
                u.fill(T::NAN);
                vt.fill(T::NAN);
            }
            codes[i] = code(verdict);
        }
    }
    fn vjp(&self, at: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Slots<T> {
        let a = &at.inputs[0];
        let (batch, m, n) = sizes(a.shape());
        // The vectors that the value left are constants: good for the first derivative alone.
        let (u, vt) = if is_recording() {
            let (u, _, vt) = svd(a);
            (u, vt)
        } else {
            let k = m.min(n);
            let (u, vt) = at.aux[batch..].split_at(batch * m * k);
            (
                Tensor::from_slice(&with_tail(a.shape(), &[m, k]), u),
                Tensor::from_slice(&with_tail(a.shape(), &[k, n]), vt),
            )
        };
        let g = g * counted(at.output, m.max(n));
        std::iter::once(Slot::Of((u * g.unsqueeze(-2)).matmul(&vt))).collect()
    }
    fn jvp(&self, at: &Point<'_, T>, t: &[Slot<T>]) -> Slot<T> {
        let a = &at.inputs[0];
        let (_, m, n) = sizes(a.shape());
        t[0].clone().map(|da| {
            let (u, _, vt) = svd(a);
            u.t().matmul(&da).matmul(&vt.t()).diagonal(0) * counted(at.output, m.max(n))
        })
    }
}

impl<T: Real> Tensor<T> {
    /// The singular values `[.., min(m, n)]`, falling, of A `[.., m, n]`.
    ///
    /// Where some are equal the first derivative is right for functions that treat them alike (their sum, the nuclear norm), and one of
    /// the possible ones for others; one that is 0 to working precision has derivative 0, as |x| at 0. The second derivative goes through
    /// the vectors; the sum of all has it also where some are equal: [`nuclear_norm`](Tensor::nuclear_norm).
    ///
    /// # Errors
    /// If an entry is not finite or the iteration does not converge.
    ///
    /// # Panics
    /// If the rank is below 2; in a second derivative where two are equal or one is 0.
    #[doc(alias = "svdvals")]
    #[track_caller]
    pub fn singular_values(&self) -> Result<Self> {
        needs_matrix("singular_values", self);
        let (s, codes) = judged(SingularValues, &[self]);
        judge("singular_values", codes.as_ref(), sizes(self.shape()).0, "singular", "")?;
        Ok(s)
    }
}

#[allow(clippy::expect_used, reason = "cases are finite")]
impl Room for SingularValues {
    const NAME: &'static str = "singular_values";
    const FORMULA: &'static str = "s with A = U diag(s) Vᵀ";
    #[inline]
    fn cases() -> Vec<Case> {
        let on =
            |label: &str, x: Tensor<f64>| Case::new(label, vec![x], |x| x[0].singular_values().expect("finite").exp());
        vec![
            on("square", with_singular_values(2, 2, &[2.0, 0.7])),
            on("three", with_singular_values(3, 3, &[2.0, 1.0, 0.4])),
            on("tall", with_singular_values(3, 2, &[2.0, 0.7])),
            on("wide", with_singular_values(2, 3, &[2.0, 0.7])),
            on("one by one", Tensor::from_slice(&[1, 1], &[-0.7])),
            on("a column: its length", spread(&[3, 1], 1)),
            on("empty", Tensor::zeros(&[0, 0])),
            on("no rows", Tensor::zeros(&[0, 3])),
            on(
                "a batch",
                Tensor::stack(&[with_singular_values(2, 2, &[2.0, 1.0]), with_singular_values(2, 2, &[1.5, 0.5])], 0),
            ),
            on("a gap of 1.1e-3", with_singular_values(2, 2, &[1.0011, 1.0])).step(1e-3),
            on("a small value", with_singular_values(2, 2, &[1.0, 2e-2])).step(2e-2),
            Case::new("transposed view", vec![with_singular_values(3, 2, &[2.0, 0.7])], |x| {
                x[0].t().singular_values().expect("finite").square()
            }),
        ]
    }
}
