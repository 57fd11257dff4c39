//! Eigenvalues alone of symmetric matrices, batched: where two are equal they still have first derivatives.

use super::batch::{needs_matrix, nth, sizes, square, symmetric, with_tail};
use super::eigh::{eigh, with_eigenvalues};
use super::verdict::{code, judge, judged};
use crate::case::{Case, Room, spread};
use crate::error::Result;
use crate::message;
use crate::node::Tensor;
use crate::op::{Op, Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use crate::trace::is_recording;
use gradus_kernels::{View, linalg};

/// λ of a symmetric A, rising, with dλ = diag(Vᵀ dA V).
#[derive(Clone, Debug)]
pub struct Eigvalsh;

impl<T: Real> Op<T> for Eigvalsh {
    fn name(&self) -> &str {
        <Self as Room>::NAME
    }
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        let (_, n, _) = sizes(x[0]);
        square("eigvalsh", x[0]).map(|s| with_tail(&s, &[n]))
    }
    fn aux_len(&self, x: &[&[usize]]) -> usize {
        let (batch, n, _) = sizes(x[0]);
        batch * (1 + n * n)
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], aux: &mut [T]) {
        let (batch, n, _) = sizes(x[0].shape);
        let a = x[0].to_vec();
        let (codes, vectors) = aux.split_at_mut(batch);
        for i in 0..batch {
            let values = &mut out[i * n..(i + 1) * n];
            let vectors = &mut vectors[i * n * n..(i + 1) * n * n];
            let verdict = linalg::symmetric_eigen(n, nth(&a, n * n, i), values, vectors);
            if verdict.is_err() {
                values.fill(T::NAN);
                vectors.fill(T::NAN);
            }
            codes[i] = code(verdict);
        }
    }
    fn vjp(&self, at: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Slots<T> {
        let a = &at.inputs[0];
        // The vectors that the value left are constants: good for the first derivative alone.
        let v = if is_recording() { eigh(a).1 } else { Tensor::from_slice(a.shape(), &at.aux[sizes(a.shape()).0..]) };
        std::iter::once(Slot::Of(v.matmul(&g.diag_embed(0)).matmul(&v.t()))).collect()
    }
    fn jvp(&self, at: &Point<'_, T>, t: &[Slot<T>]) -> Slot<T> {
        t[0].clone().map(|da| {
            let v = eigh(&at.inputs[0]).1;
            v.t().matmul(&da).matmul(&v).diagonal(0)
        })
    }
}

impl<T: Real> Tensor<T> {
    /// The eigenvalues `[.., n]`, rising, of the symmetric part (A + Aᵀ)/2 of A `[.., n, n]`.
    ///
    /// Where eigenvalues are equal the first derivative is right for functions that treat them alike (their sum, a product), and one
    /// of the possible ones for others, as with a maximum at a tie. Their second derivative goes through the vectors.
    ///
    /// # Errors
    /// If an entry is not finite or the iteration does not converge.
    ///
    /// # Panics
    /// If the last two axes are not equal; in a second derivative where two eigenvalues are equal to working precision.
    #[track_caller]
    pub fn eigvalsh(&self) -> Result<Self> {
        needs_matrix("eigvalsh", self);
        if let Err(why) = square("eigvalsh", self.shape()) {
            message::panic_with(&why);
        }
        let (y, codes) = judged(Eigvalsh, &[&symmetric(self)]);
        judge("eigvalsh", codes.as_ref(), sizes(self.shape()).0, "singular", "")?;
        Ok(y)
    }
}

#[allow(clippy::expect_used, reason = "cases are finite")]
impl Room for Eigvalsh {
    const NAME: &'static str = "eigvalsh";
    const FORMULA: &'static str = "λ with A = V diag(λ) Vᵀ";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, x: Tensor<f64>| Case::new(label, vec![x], |x| x[0].eigvalsh().expect("finite").exp());
        vec![
            on("two, not symmetric", spread(&[2, 2], 1)),
            on("three", with_eigenvalues(&[-1.0, 0.2, 2.0], 1)),
            on("four", with_eigenvalues(&[-1.0, 0.0, 1.5, 3.0], 2)),
            on("diagonal", Tensor::from_slice(&[2, 2], &[2.0, 0.0, 0.0, 1.0])),
            on("one by one", spread(&[1, 1], 1)),
            on("empty", Tensor::zeros(&[0, 0])),
            on("a batch", Tensor::stack(&[with_eigenvalues(&[1.0, 2.0], 1), with_eigenvalues(&[-1.0, 3.0], 3)], 0)),
            on("an empty batch", Tensor::zeros(&[0, 2, 2])),
            on("a gap of 1.1e-3", with_eigenvalues(&[1.0, 1.0011, 2.0], 1)).step(1e-3),
            Case::new("transposed view", vec![with_eigenvalues(&[-1.0, 1.0], 1)], |x| {
                x[0].t().eigvalsh().expect("finite").square()
            }),
        ]
    }
}
