//! Systems of linear equations, batched.

use super::batch::{needs_matrix, nth, same_lead, sizes};
use super::verdict::{each, judge, judged};
use crate::case::{Case, Room, spread};
use crate::error::Result;
use crate::message;
use crate::node::Tensor;
use crate::op::{Op, Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::{View, linalg};

/// X = A⁻¹B, or A⁻ᵀB from the same factors, so that a rule never meets a pivot that the value did not; dX = A⁻¹(dB − dA X).
#[derive(Clone, Debug)]
pub struct Solve {
    pub(super) transposed: bool,
}

impl Solve {
    /// Through the door; a matrix without an answer gives NaN.
    #[track_caller]
    fn apply<T: Real>(transposed: bool, a: &Tensor<T>, b: &Tensor<T>) -> Tensor<T> {
        T::apply(T::boxed(Solve { transposed }), &[a, b])
    }
}

impl<T: Real> Op<T> for Solve {
    fn name(&self) -> &str {
        <Self as Room>::NAME
    }
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        let (a, b) = (x[0], x[1]);
        super::batch::square("solve", a)?;
        let r = a.len();
        if b.len() != r || a[..r - 1] != b[..r - 1] {
            return Err(format!("solve: {} equations by the matrix {a:?}, but the right-hand side is {b:?}", a[r - 1]));
        }
        Ok(b.into())
    }
    fn aux_len(&self, x: &[&[usize]]) -> usize {
        sizes(x[0]).0
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], aux: &mut [T]) {
        let (_, n, m) = sizes(x[1].shape);
        let a = x[0].to_vec();
        x[1].copy_to(out);
        let (mut lu, mut pivots) = (vec![T::ZERO; n * n], vec![0; n]);
        let solve = if self.transposed { linalg::lu_solve_transposed } else { linalg::lu_solve };
        each(out, n * m, aux, |i, b| {
            lu.copy_from_slice(nth(&a, n * n, i));
            linalg::lu_factor(n, &mut lu, &mut pivots)?;
            solve(n, m, &lu, &pivots, b)
        });
    }
    fn vjp(&self, at: &Point<'_, T>, g: &Tensor<T>, wanted: &[bool]) -> Slots<T> {
        let b = Solve::apply(!self.transposed, &at.inputs[0], g);
        let a = match (wanted[0], self.transposed) {
            (false, _) => Slot::Zero,
            (true, false) => Slot::Of(-b.matmul(&at.output.t())),
            (true, true) => Slot::Of(-at.output.matmul(&b.t())),
        };
        [a, Slot::Of(b)].into_iter().collect()
    }
    fn jvp(&self, at: &Point<'_, T>, t: &[Slot<T>]) -> Slot<T> {
        let through_a = t[0].clone().map(|da| {
            let da = if self.transposed { da.t() } else { da };
            -da.matmul(at.output)
        });
        through_a.plus(t[1].clone()).map(|right| Solve::apply(self.transposed, &at.inputs[0], &right))
    }
}

impl<T: Real> Tensor<T> {
    /// X with A X = B, by elimination with row exchanges; A `[.., n, n]`, B `[.., n, m]` or a vector `[n]`; leading axes broadcast.
    /// More accurate, and cheaper, than a product by the inverse.
    ///
    /// dX = A⁻¹(dB − dA X): solves and products only, at every order.
    ///
    /// # Errors
    /// If a matrix is singular (a pivot is exactly 0) or has an entry that is not finite.
    ///
    /// # Panics
    /// If the shapes do not fit.
    ///
    /// ```
    /// use gradus_tensor::Tensor;
    /// let a = Tensor::<f64>::from_slice(&[2, 2], &[2.0, 1.0, 1.0, 3.0]);
    /// let x = a.solve(&Tensor::from_slice(&[2], &[3.0, 5.0]))?;
    /// assert!((x.to_vec()[0] - 0.8).abs() < 1e-15);
    /// assert!(Tensor::<f64>::zeros(&[2, 2]).solve(&Tensor::eye(2)).is_err());
    /// # Ok::<(), gradus_tensor::Error>(())
    /// ```
    #[track_caller]
    pub fn solve(&self, b: &Self) -> Result<Self> {
        needs_matrix("solve", self);
        match b.rank() {
            0 => message::panic_with("solve: the right-hand side has rank 0; it needs one number an equation"),
            1 => return Ok(self.solve(&b.unsqueeze(-1))?.squeeze(-1)),
            // One matrix for a batch of right-hand sides is one system with more columns.
            r if self.rank() == 2 && r > 2 && b.shape()[r - 2] == self.shape()[0] => {
                let last = r - 1;
                let order: Dims = std::iter::once(r - 2).chain(0..r - 2).chain([last]).collect();
                let back: Dims = (1..last).chain([0, last]).collect();
                let wide = b.permute(&order);
                let (n, shape) = (self.shape()[0], Dims::from(wide.shape()));
                let columns = shape[1..].iter().product();
                return Ok(self.solve(&wide.reshape(&[n, columns]))?.reshape(&shape).permute(&back));
            }
            _ => {}
        }
        let (a, b) = same_lead("solve", self, b);
        let (x, codes) = judged(Solve { transposed: false }, &[&a, &b]);
        let lead = sizes(a.shape()).0;
        judge("solve", codes.as_ref(), lead, "singular", "add a small multiple of the identity?")?;
        Ok(x)
    }
}

#[allow(clippy::expect_used, reason = "cases are regular")]
impl Room for Solve {
    const NAME: &'static str = "solve";
    const FORMULA: &'static str = "X = A⁻¹B";
    #[inline]
    fn cases() -> Vec<Case> {
        let solved = |a: &Tensor<f64>, b: &Tensor<f64>| a.solve(b).expect("regular by construction");
        let on = |label: &str, a: &[usize], b: &[usize]| {
            let shift = Tensor::eye(a[a.len() - 1]) * 2.0;
            Case::new(label, vec![spread(a, 1), spread(b, 2)], move |x| solved(&(&x[0] + &shift), &x[1]))
        };
        let transposed = |x: &[Tensor<f64>]| Solve::apply(true, &x[0], &x[1]);
        vec![
            on("square", &[2, 2], &[2, 2]),
            on("three by one", &[3, 3], &[3, 1]),
            on("one by one", &[1, 1], &[1, 1]),
            on("vector", &[3, 3], &[3]),
            on("empty", &[0, 0], &[0, 2]),
            on("no right-hand sides", &[2, 2], &[2, 0]),
            on("batched", &[2, 2, 2], &[2, 2, 1]),
            on("one matrix, many right-hand sides", &[2, 2], &[2, 2, 1]),
            on("many matrices, one right-hand side", &[2, 2, 2], &[2, 1]),
            on("broadcast batches", &[2, 1, 2, 2], &[3, 2, 1]),
            on("an empty batch", &[0, 2, 2], &[0, 2, 1]),
            Case::new("transposed view", vec![spread(&[2, 2], 1), spread(&[3, 2], 2)], move |x| {
                solved(&x[0].t(), &x[1].t())
            }),
            Case::new("by the transpose", vec![spread(&[2, 2], 1), spread(&[2, 3], 2)], transposed),
            Case::new(
                "pivots on the other diagonal",
                vec![Tensor::from_slice(&[2, 2], &[0.0, 1.0, 2.0, 0.0]), spread(&[2, 1], 2)],
                move |x| solved(&x[0], &x[1]),
            ),
            Case::new(
                "nearly singular",
                vec![Tensor::from_slice(&[2, 2], &[1.0, 1.0, 1.0, 1.01]), spread(&[2, 1], 2)],
                move |x| solved(&x[0], &x[1]),
            )
            .step(0.02),
            Case::new("against itself", vec![spread(&[2, 2], 1)], move |x| solved(&x[0], &x[0].square())),
        ]
    }
}
