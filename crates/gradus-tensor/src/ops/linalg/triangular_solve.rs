//! Triangular systems, from either side, batched.

use super::batch::{needs_matrix, nth, same_lead, sizes};
use super::verdict::{each, judge, judged};
use crate::case::{Case, Room, spread};
use crate::error::Result;
use crate::message;
use crate::node::Tensor;
use crate::op::{Op, Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::View;
use gradus_kernels::linalg::{self, Half, Side, Triangular};

/// X with op(T) X = B or X op(T) = B, where op(T) is T or Tᵀ; the other half of T is not read.
#[derive(Clone, Debug)]
pub struct TriangularSolve(Triangular);

/// Through the door; a matrix without an answer gives NaN.
#[track_caller]
pub(super) fn solve<T: Real>(kind: Triangular, t: &Tensor<T>, b: &Tensor<T>) -> Tensor<T> {
    T::apply(T::boxed(TriangularSolve(kind)), &[t, b])
}

/// The half that is read, without the diagonal where it counts as ones.
fn read<T: Real>(kind: Triangular, t: &Tensor<T>) -> Tensor<T> {
    let strict = isize::from(kind.unit);
    if kind.half == Half::Lower { t.tril(-strict) } else { t.triu(strict) }
}

impl<T: Real> Op<T> for TriangularSolve {
    fn name(&self) -> &str {
        <Self as Room>::NAME
    }
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        let (t, b) = (x[0], x[1]);
        super::batch::square("triangular_solve", t)?;
        let (r, n) = (t.len(), t[t.len() - 1]);
        let side = if self.0.side == Side::Left { r - 2 } else { r - 1 };
        if b.len() != r || t[..r - 2] != b[..r - 2] || b[side] != n {
            return Err(format!(
                "triangular_solve: {:?} system of order {n} (matrix {t:?}), but the right-hand side is {b:?}",
                self.0.side
            ));
        }
        Ok(b.into())
    }
    fn aux_len(&self, x: &[&[usize]]) -> usize {
        sizes(x[0]).0
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], aux: &mut [T]) {
        let ((_, n, _), (_, p, q)) = (sizes(x[0].shape), sizes(x[1].shape));
        let m = if self.0.side == Side::Left { q } else { p };
        let t = x[0].to_vec();
        x[1].copy_to(out);
        each(out, n * m, aux, |i, b| linalg::triangular_solve(n, m, self.0, nth(&t, n * n, i), b));
    }
    fn vjp(&self, at: &Point<'_, T>, g: &Tensor<T>, wanted: &[bool]) -> Slots<T> {
        let b = solve(self.0.transposed(), &at.inputs[0], g);
        if !wanted[0] {
            return [Slot::Zero, Slot::Of(b)].into_iter().collect();
        }
        // The cotangent of op(T), then of T.
        let of = match self.0.side {
            Side::Left => b.matmul(&at.output.t()),
            Side::Right => at.output.t().matmul(&b),
        };
        let t = read(self.0, &if self.0.transposed { of.t() } else { of });
        [Slot::Of(-t), Slot::Of(b)].into_iter().collect()
    }
    fn jvp(&self, at: &Point<'_, T>, t: &[Slot<T>]) -> Slot<T> {
        let through_t = t[0].clone().map(|dt| {
            let dt = read(self.0, &dt);
            let dt = if self.0.transposed { dt.t() } else { dt };
            match self.0.side {
                Side::Left => -dt.matmul(at.output),
                Side::Right => -at.output.matmul(&dt),
            }
        });
        through_t.plus(t[1].clone()).map(|right| solve(self.0, &at.inputs[0], &right))
    }
}

impl<T: Real> Tensor<T> {
    /// X with op(T) X = B, or X op(T) = B from the right, for a triangular T `[.., n, n]`; B `[.., n, m]` (`[.., m, n]` from the right)
    /// or a vector `[n]`; leading axes broadcast. `kind` says which half of T is read, on which side it stands, whether it is transposed
    /// and whether its diagonal counts as ones: `Triangular::LOWER`, `Triangular::UPPER.transposed()`, `Triangular::LOWER.unit().right()`.
    /// The half that is not read has derivative 0.
    ///
    /// # Errors
    /// If a diagonal entry is exactly 0.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[doc(alias = "solve_triangular")]
    #[track_caller]
    pub fn triangular_solve(&self, b: &Self, kind: Triangular) -> Result<Self> {
        needs_matrix("triangular_solve", self);
        let axis = if kind.side == Side::Left { -1 } else { -2 };
        match b.rank() {
            0 => {
                message::panic_with("triangular_solve: the right-hand side has rank 0; it needs one number an equation")
            }
            1 => return Ok(self.triangular_solve(&b.unsqueeze(axis), kind)?.squeeze(axis)),
            _ => {}
        }
        let (t, b) = same_lead("triangular_solve", self, b);
        let (x, codes) = judged(TriangularSolve(kind), &[&t, &b]);
        let lead = sizes(t.shape()).0;
        judge("triangular_solve", codes.as_ref(), lead, "singular", "no entry of the diagonal may be 0")?;
        Ok(x)
    }
}

#[allow(clippy::expect_used, reason = "cases are regular")]
impl Room for TriangularSolve {
    const NAME: &'static str = "triangular_solve";
    const FORMULA: &'static str = "X = op(T)⁻¹B or B op(T)⁻¹";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, t: &[usize], b: &[usize], kind: Triangular| {
            let shift = Tensor::eye(t[t.len() - 1]) * 2.0;
            Case::new(label, vec![spread(t, 1), spread(b, 2)], move |x| {
                (&x[0] + &shift).triangular_solve(&x[1], kind).expect("no zero on the diagonal")
            })
        };
        let (lower, upper) = (Triangular::LOWER, Triangular::UPPER);
        vec![
            on("lower", &[3, 3], &[3, 2], lower),
            on("upper", &[3, 3], &[3, 2], upper),
            on("lower, transposed", &[2, 2], &[2, 2], lower.transposed()),
            on("upper, transposed", &[2, 2], &[2, 1], upper.transposed()),
            on("lower, unit", &[3, 3], &[3, 1], lower.unit()),
            on("upper, unit, transposed", &[3, 3], &[3, 1], upper.unit().transposed()),
            on("from the right", &[3, 3], &[2, 3], lower.right()),
            on("from the right, transposed", &[2, 2], &[3, 2], upper.right().transposed()),
            on("one by one", &[1, 1], &[1, 1], lower),
            on("vector", &[3, 3], &[3], upper),
            on("vector from the right", &[2, 2], &[2], lower.right()),
            on("empty", &[0, 0], &[0, 2], lower),
            on("batched", &[2, 2, 2], &[2, 2, 1], lower),
            on("broadcast", &[2, 2], &[2, 2, 1], upper),
            Case::new(
                "transposed views",
                vec![spread(&[2, 2], 1) + Tensor::eye(2) * 2.0, spread(&[1, 2], 2)],
                move |x| x[0].t().triangular_solve(&x[1].t(), lower).expect("no zero on the diagonal"),
            ),
        ]
    }
}
