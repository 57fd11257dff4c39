//! The logarithm of softmax along an axis.

use crate::case::{Case, Room, row, spread};
use crate::message;
use crate::node::Tensor;
use crate::op::{Op, Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::{Dims, axis};
use gradus_kernels::{View, reduce};

/// y = x − ln Σ eˣ over the last axis, with dy = dx − Σ e^y dx, from the output: no logarithm of a small number is taken.
#[derive(Clone, Debug)]
pub struct LogSoftmax;

impl<T: Real> Op<T> for LogSoftmax {
    fn name(&self) -> &str {
        <Self as Room>::NAME
    }
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        Ok(x[0].into())
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], _: &mut [T]) {
        let n = x[0].shape[x[0].shape.len() - 1];
        let flat = x[0].flat();
        reduce::log_softmax_rows(&flat, n, out);
    }
    fn vjp(&self, at: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Slots<T> {
        std::iter::once(Slot::Of(g - at.output.exp() * g.sum_axes(&[-1], true))).collect()
    }
    fn jvp(&self, at: &Point<'_, T>, t: &[Slot<T>]) -> Slot<T> {
        t[0].clone().map(|v| &v - (at.output.exp() * &v).sum_axes(&[-1], true))
    }
}

impl<T: Real> Tensor<T> {
    /// ln softmax(x) = x − ln Σ eˣ over the last axis, without overflow; −∞ where all x are −∞.
    ///
    /// # Panics
    /// If the rank is 0.
    #[track_caller]
    #[must_use]
    pub fn log_softmax(&self) -> Self {
        if self.rank() == 0 {
            message::panic_with("log_softmax: the tensor has rank 0; it needs an axis to normalise over");
        }
        T::apply(T::boxed(LogSoftmax), &[self])
    }

    /// ln softmax(x) = x − ln Σ eˣ along an axis (from the end where negative), without overflow.
    ///
    /// # Panics
    /// If the axis does not exist.
    #[track_caller]
    #[must_use]
    pub fn log_softmax_axis(&self, at: isize) -> Self {
        let k = axis("log_softmax", at, self.rank()) as isize;
        if k + 1 == self.rank() as isize {
            return self.log_softmax();
        }
        self.transpose(k, -1).log_softmax().transpose(k, -1)
    }
}

impl Room for LogSoftmax {
    const NAME: &'static str = "log_softmax";
    const FORMULA: &'static str = "y = x − ln Σ eˣ along an axis";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, x: Tensor<f64>| Case::new(label, vec![x], |x| x[0].log_softmax());
        let along = |label: &str, shape: &[usize], at| {
            Case::new(label, vec![spread(shape, 1)], move |x| x[0].log_softmax_axis(at).square())
        };
        vec![
            on("rows", spread(&[2, 3], 1)),
            on("ties", row(&[1.0, 1.0, 1.0])),
            on("one element", row(&[2.0])).expect_all([0.0; 4]),
            on("±1e4", row(&[1e4, -1e4, 0.0])),
            on("tiny", row(&[-1e4, -1e4 + 1.0])),
            on("all −∞", row(&[f64::NEG_INFINITY; 2])).expect_all([f64::NEG_INFINITY, 2.0, 0.0, 0.0]),
            on("no rows", spread(&[0, 3], 1)),
            on("empty rows", spread(&[3, 0], 1)),
            along("columns", &[2, 3], 0),
            along("middle axis", &[2, 3, 2], 1),
            along("from the end", &[2, 3], -1),
            Case::new("of a transpose", vec![spread(&[2, 3], 1)], |x| x[0].t().log_softmax().exp()),
            Case::new("against x − ln Σ eˣ", vec![spread(&[2, 3], 1)], |x| {
                (x[0].log_softmax() - (&x[0] - x[0].logsumexp_axes(&[-1], true))).square()
            })
            .expect_all([0.0; 4]),
        ]
    }
}
