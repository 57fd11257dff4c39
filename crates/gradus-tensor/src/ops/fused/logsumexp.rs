//! ln Σ eˣ over axes, without overflow.

use crate::case::{Case, Room, row, spread};
use crate::message;
use crate::node::Tensor;
use crate::op::{Op, Point, Refusal, Slot, Slots};
use crate::ops::reduction::sum::{axes_of, reduced_shape};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::{View, reduce};
use smallvec::SmallVec;

/// y = ln Σ eˣ over the reduced axes, with dy = Σ softmax(x) dx; −∞ over empty axes and where all x are −∞, with derivative 0.
#[derive(Clone, Debug)]
pub struct LogSumExp {
    reduced: SmallVec<[bool; 8]>,
    keepdim: bool,
}

/// e^{x − ln Σ eˣ}, as maths on tensors; over the last axis alone the softmax op itself.
fn weights<T: Real>(x: &Tensor<T>, reduced: &[bool]) -> Tensor<T> {
    match reduced.split_last() {
        Some((true, lead)) if !lead.contains(&true) => x.softmax(),
        _ => {
            let y = T::apply(T::boxed(LogSumExp { reduced: reduced.into(), keepdim: true }), &[x]);
            let dead = y.eq(f64::NEG_INFINITY);
            (x - if dead.any() { y.masked_fill(&dead, 0.0) } else { y }).exp()
        }
    }
}

impl<T: Real> Op<T> for LogSumExp {
    fn name(&self) -> &str {
        <Self as Room>::NAME
    }
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        Ok(reduced_shape(x[0], &self.reduced, self.keepdim))
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], _: &mut [T]) {
        reduce::log_sum_exp(x[0], &self.reduced, out);
    }
    fn vjp(&self, at: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Slots<T> {
        let x = &at.inputs[0];
        let g = g.reshape(&reduced_shape(x.shape(), &self.reduced, true));
        std::iter::once(Slot::Of(weights(x, &self.reduced) * g)).collect()
    }
    fn jvp(&self, at: &Point<'_, T>, t: &[Slot<T>]) -> Slot<T> {
        let axes: Vec<isize> = (0..self.reduced.len()).filter(|&k| self.reduced[k]).map(|k| k as isize).collect();
        t[0].clone().map(|v| (weights(&at.inputs[0], &self.reduced) * v).sum_axes(&axes, self.keepdim))
    }
}

impl<T: Real> Tensor<T> {
    /// ln Σ eˣ over the last axis, without overflow; −∞ over an empty axis.
    ///
    /// # Panics
    /// If the rank is 0.
    #[track_caller]
    #[must_use]
    pub fn logsumexp(&self) -> Self {
        if self.rank() == 0 {
            message::panic_with("logsumexp: the tensor has rank 0; it needs an axis to sum over");
        }
        self.logsumexp_axes(&[-1], false)
    }

    /// ln Σ eˣ over `axes` (from the end where negative), which stay with length 1 where `keepdim`; without overflow; −∞ over nothing.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    #[must_use]
    pub fn logsumexp_axes(&self, axes: &[isize], keepdim: bool) -> Self {
        let reduced = axes_of("logsumexp", axes, self.rank());
        T::apply(T::boxed(LogSumExp { reduced, keepdim }), &[self])
    }
}

impl Room for LogSumExp {
    const NAME: &'static str = "logsumexp";
    const FORMULA: &'static str = "y = ln Σ eˣ over axes";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, x: Tensor<f64>| Case::new(label, vec![x], |x| x[0].logsumexp());
        let over = |label: &str, shape: &[usize], axes: &'static [isize], keep| {
            Case::new(label, vec![spread(shape, 1)], move |x| x[0].logsumexp_axes(axes, keep).square())
        };
        vec![
            on("rows", spread(&[2, 3], 1)),
            on("ties", row(&[1.0, 1.0, 1.0])),
            on("one element", row(&[2.0])).expect_all([2.0, 1.0, 0.0, 0.0]),
            on("huge", row(&[1e4, 9.99e3, -1e4])),
            on("tiny", row(&[-1e4, -1e4 + 1.0])),
            on("all −∞", row(&[f64::NEG_INFINITY; 2])).expect_all([f64::NEG_INFINITY, 0.0, 0.0, 0.0]),
            on("one −∞", row(&[f64::NEG_INFINITY, 2.0])).expect_all([2.0, 1.0, 0.0, 0.0]),
            Case::new("columns of −∞", vec![Tensor::full(&[2, 2], f64::NEG_INFINITY)], |x| {
                x[0].logsumexp_axes(&[0], false).exp()
            })
            .expect_all([0.0; 4]),
            on("no rows", spread(&[0, 3], 1)),
            on("three axes", spread(&[2, 2, 2], 1)),
            over("columns", &[2, 3], &[0], false),
            over("kept", &[2, 3], &[-1], true),
            over("all", &[2, 3], &[0, 1], false),
            over("two of three", &[2, 3, 2], &[0, 2], false),
            over("no axes", &[3], &[], false),
            Case::new("of a transpose", vec![spread(&[2, 3], 1)], |x| x[0].t().logsumexp()),
        ]
    }
}
