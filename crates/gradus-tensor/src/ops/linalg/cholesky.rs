//! The Cholesky factor of a positive definite matrix, batched.

use super::batch::{needs_matrix, nth, sizes, square, symmetric};
use super::triangular_solve::solve;
use super::verdict::{each, judge, judged};
use crate::case::{Case, Room, spread};
use crate::error::Result;
use crate::node::Tensor;
use crate::op::{Op, Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::linalg::Triangular;
use gradus_kernels::{View, linalg};

/// L lower triangular with A = L Lᵀ, A symmetric: dL = L Φ(L⁻¹ dA L⁻ᵀ), where Φ keeps what lies below the diagonal and half of it
/// (Murray 2016, "Differentiation of the Cholesky decomposition").
#[derive(Clone, Debug)]
pub struct Cholesky;

/// Φ: the lower triangle with half of the diagonal.
fn half<T: Real>(x: &Tensor<T>) -> Tensor<T> {
    (x.tril(0) + x.tril(-1)) * 0.5
}

impl<T: Real> Op<T> for Cholesky {
    fn name(&self) -> &str {
        <Self as Room>::NAME
    }
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        square("cholesky", x[0])
    }
    fn aux_len(&self, x: &[&[usize]]) -> usize {
        sizes(x[0]).0
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], aux: &mut [T]) {
        let (_, n, _) = sizes(x[0].shape);
        let a = x[0].to_vec();
        each(out, n * n, aux, |i, y| linalg::cholesky(n, nth(&a, n * n, i), y));
    }
    fn vjp(&self, at: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Slots<T> {
        let l = at.output;
        let inner = half(&l.t().matmul(g));
        let left = solve(Triangular::LOWER.transposed(), l, &inner);
        std::iter::once(Slot::Of(solve(Triangular::LOWER.right(), l, &left))).collect()
    }
    fn jvp(&self, at: &Point<'_, T>, t: &[Slot<T>]) -> Slot<T> {
        let l = at.output;
        t[0].clone().map(|da| {
            let left = solve(Triangular::LOWER, l, &da);
            l.matmul(&half(&solve(Triangular::LOWER.transposed().right(), l, &left)))
        })
    }
}

impl<T: Real> Tensor<T> {
    /// L lower triangular with positive diagonal and L Lᵀ = A, for a positive definite A `[.., n, n]`. Only the symmetric part
    /// (A + Aᵀ)/2 counts, so derivatives with respect to A are symmetric.
    ///
    /// # Errors
    /// If a matrix is not positive definite (to working precision), or has an entry that is not finite.
    ///
    /// # Panics
    /// If the last two axes are not equal.
    ///
    /// ```
    /// use gradus_tensor::Tensor;
    /// let a = Tensor::<f64>::from_slice(&[2, 2], &[4.0, 2.0, 2.0, 5.0]);
    /// assert_eq!(a.cholesky()?.to_vec(), [2.0, 0.0, 1.0, 2.0]);
    /// assert!((-a).cholesky().is_err());
    /// # Ok::<(), gradus_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn cholesky(&self) -> Result<Self> {
        needs_matrix("cholesky", self);
        if let Err(why) = square("cholesky", self.shape()) {
            crate::message::panic_with(&why);
        }
        let (l, codes) = judged(Cholesky, &[&symmetric(self)]);
        let lead = sizes(self.shape()).0;
        judge("cholesky", codes.as_ref(), lead, "not positive definite", "add a small multiple of the identity?")?;
        Ok(l)
    }
}

#[allow(clippy::expect_used, reason = "cases are positive definite")]
impl Room for Cholesky {
    const NAME: &'static str = "cholesky";
    const FORMULA: &'static str = "L Lᵀ = (A + Aᵀ)/2";
    #[inline]
    fn cases() -> Vec<Case> {
        let on =
            |label: &str, x: Tensor<f64>| Case::new(label, vec![x], |x| x[0].cholesky().expect("positive definite"));
        let definite = |shape: &[usize], seed| spread(shape, seed) + Tensor::eye(shape[shape.len() - 1]) * 3.0;
        let gram = |x: &Tensor<f64>| x.matmul(&x.t()).cholesky().expect("positive definite");
        vec![
            on("two, not symmetric", definite(&[2, 2], 1)),
            on("three", definite(&[3, 3], 2)),
            on("identity", Tensor::eye(3)),
            on("one by one", definite(&[1, 1], 1)),
            on("empty", Tensor::zeros(&[0, 0])),
            on("a batch", definite(&[2, 2, 2], 1)),
            on("an empty batch", Tensor::zeros(&[0, 2, 2])),
            on("nearly singular", Tensor::from_slice(&[2, 2], &[1.0, 1.0, 1.0, 1.02])).step(0.02),
            on("two scales", Tensor::from_slice(&[2, 2], &[1.0, 0.0, 0.0, 1e-2])).step(0.02),
            Case::new("of a Gram matrix", vec![spread(&[2, 4], 1)], move |x| gram(&x[0])),
            Case::new("transposed view", vec![spread(&[4, 2], 1)], move |x| gram(&x[0].t()).square()),
        ]
    }
}
