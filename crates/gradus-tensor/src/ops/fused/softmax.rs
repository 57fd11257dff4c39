//! Softmax along an axis.

use crate::case::{Case, Room, row, spread};
use crate::node::Tensor;
use crate::op::{Op, Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::{Dims, axis};
use gradus_kernels::{View, reduce};

/// yⱼ = e^{xⱼ} / Σ e^{x} over the last axis. The Jacobian diag(y) − y yᵀ is symmetric, so vjp = jvp: y ⊙ (g − ⟨g, y⟩).
#[derive(Clone, Debug)]
pub struct Softmax;

fn rule<T: Real>(y: &Tensor<T>, g: &Tensor<T>) -> Tensor<T> {
    y * (g - (g * y).sum_axes(&[-1], true))
}

impl<T: Real> Op<T> for Softmax {
    fn name(&self) -> &str {
        <Self as Room>::NAME
    }
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        if x[0].is_empty() {
            return Err("softmax: the tensor has rank 0; it needs an axis to normalise over".into());
        }
        Ok(x[0].into())
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], _: &mut [T]) {
        let n = x[0].shape[x[0].shape.len() - 1];
        let flat = x[0].flat();
        reduce::softmax_rows(&flat, n, out);
    }
    fn vjp(&self, at: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Slots<T> {
        std::iter::once(Slot::Of(rule(at.output, g))).collect()
    }
    fn jvp(&self, at: &Point<'_, T>, t: &[Slot<T>]) -> Slot<T> {
        t[0].clone().map(|v| rule(at.output, &v))
    }
}

impl<T: Real> Tensor<T> {
    /// e^{xⱼ} / Σ e^{x} over the last axis, without overflow; zeros where all x are −∞ (a row that is masked whole).
    ///
    /// # Panics
    /// If the rank is 0.
    #[track_caller]
    #[must_use]
    pub fn softmax(&self) -> Self {
        T::apply(T::boxed(Softmax), &[self])
    }

    /// e^{xⱼ} / Σ e^{x} along an axis (from the end where negative), without overflow.
    ///
    /// # Panics
    /// If the axis does not exist.
    #[track_caller]
    #[must_use]
    pub fn softmax_axis(&self, at: isize) -> Self {
        let k = axis("softmax", at, self.rank()) as isize;
        if k + 1 == self.rank() as isize {
            return self.softmax();
        }
        self.transpose(k, -1).softmax().transpose(k, -1)
    }
}

impl Room for Softmax {
    const NAME: &'static str = "softmax";
    const FORMULA: &'static str = "y = eˣ / Σ eˣ along an axis";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, x: Tensor<f64>| Case::new(label, vec![x], |x| x[0].softmax());
        vec![
            on("rows", spread(&[2, 3], 1)),
            on("ties", row(&[1.0, 1.0, 1.0])),
            on("one element", row(&[2.0])).expect_all([1.0, 0.0, 0.0, 0.0]),
            on("saturated", row(&[50.0, -50.0, 0.0])),
            on("huge", row(&[1e4, -1e4])),
            on("tiny", row(&[-1e4, -1e4 + 1.0])),
            on("all −∞: nothing has weight", row(&[f64::NEG_INFINITY; 2])).expect_all([0.0; 4]),
            on("one −∞", row(&[f64::NEG_INFINITY, 2.0, 1.0])).expect_all([1.0, 0.0, 0.0, 0.0]),
            on("no rows", spread(&[0, 3], 1)),
            on("empty rows", spread(&[3, 0], 1)),
            on("three axes", spread(&[2, 2, 2], 1)),
            Case::new("along columns", vec![spread(&[2, 3], 1)], |x| x[0].softmax_axis(0).square()),
            Case::new("along a middle axis", vec![spread(&[2, 3, 2], 1)], |x| x[0].softmax_axis(-2).square()),
            Case::new("columns", vec![spread(&[2, 3], 1)], |x| x[0].t().softmax()),
            Case::new("squared", vec![spread(&[3], 1)], |x| x[0].softmax().square()),
        ]
    }
}
