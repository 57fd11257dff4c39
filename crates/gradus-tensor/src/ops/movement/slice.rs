//! Every `step`-th element of a range of an axis: a view; its adjoint puts zeros between.

use crate::case::{Case, Room, spread};
use crate::kind::Linear;
use crate::message;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use crate::shape::{Dims, Layout, axis};
use gradus_kernels::View;
use std::ops::Range;

/// y[.., i, ..] = x[.., start + i·step, ..] for i below `len`.
#[derive(Clone, Debug)]
pub struct Slice {
    axis: usize,
    start: usize,
    step: usize,
    len: usize,
}

impl<T: Real> Linear<T> for Slice {
    const NAME: &'static str = "slice";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        let mut shape: Dims = x[0].into();
        shape[self.axis] = self.len;
        Ok(shape)
    }
    fn view(&self, x: &Layout) -> Option<Layout> {
        let mut y = x.clone();
        y.shape[self.axis] = self.len;
        y.offset += self.start * y.strides[self.axis];
        y.strides[self.axis] *= self.step;
        Some(y)
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        x[0].copy_to(out);
    }
    fn adjoint(&self, _: usize, g: &Tensor<T>, shapes: &[&[usize]]) -> Tensor<T> {
        let op = Unslice { axis: self.axis, start: self.start, step: self.step, total: shapes[0][self.axis] };
        T::apply(T::boxed(op), &[g])
    }
    fn adjoint_into(&self, _: usize, g: View<'_, T>, shapes: &[&[usize]], sum: &mut [T]) -> bool {
        let op = Unslice { axis: self.axis, start: self.start, step: self.step, total: shapes[0][self.axis] };
        op.each_run(g, sum, |x, y| x.iter().zip(y).for_each(|(&x, y)| *y += x));
        true
    }
}

/// The adjoint of [`Slice`]: zeros, and every `step`-th place of an axis from x.
#[derive(Clone, Debug)]
pub struct Unslice {
    axis: usize,
    start: usize,
    step: usize,
    total: usize,
}

impl Unslice {
    /// Calls `body` with every run of x and its place in y.
    fn each_run<T: Real>(&self, x: View<'_, T>, y: &mut [T], body: impl Fn(&[T], &mut [T])) {
        let inner: usize = x.shape[self.axis + 1..].iter().product();
        let (n, whole) = (x.shape[self.axis], self.total * inner);
        if x.is_empty() {
            return;
        }
        let flat = x.flat();
        // Without steps the range is one run.
        let run = if self.step == 1 { n * inner } else { inner };
        for (y, x) in y.chunks_exact_mut(whole).zip(flat.chunks_exact(n * inner)) {
            for (i, x) in x.chunks_exact(run).enumerate() {
                let at = (self.start + i * self.step) * inner;
                body(x, &mut y[at..at + run]);
            }
        }
    }
}

impl<T: Real> Linear<T> for Unslice {
    const NAME: &'static str = "unslice";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        let mut shape: Dims = x[0].into();
        shape[self.axis] = self.total;
        Ok(shape)
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        out.fill(T::ZERO);
        self.each_run(x[0], out, |x, y| y.copy_from_slice(x));
    }
    fn adjoint(&self, _: usize, g: &Tensor<T>, shapes: &[&[usize]]) -> Tensor<T> {
        let op = Slice { axis: self.axis, start: self.start, step: self.step, len: shapes[0][self.axis] };
        T::apply(T::boxed(op), &[g])
    }
}

impl<T: Real> Tensor<T> {
    /// Every `step`-th element of `range` of an axis (from the end where negative), as a view: `x[a..b:step]`.
    ///
    /// # Panics
    /// If the axis does not exist, the range does not fit, or `step` is 0. For the other direction see [`flip`](Self::flip).
    #[track_caller]
    #[must_use]
    pub fn slice(&self, at: isize, range: Range<usize>, step: usize) -> Self {
        let axis = axis("slice", at, self.rank());
        let n = self.shape()[axis];
        if step == 0 || range.start > range.end || range.end > n {
            message::panic_with(&format!(
                "slice: {range:?} by steps of {step} does not fit axis {axis} of {:?}; it needs start ≤ end ≤ {n} and a step of at least 1",
                self.shape()
            ));
        }
        let len = range.len().div_ceil(step);
        T::apply(T::boxed(Slice { axis, start: range.start, step, len }), &[self])
    }
}

impl Room for Slice {
    const NAME: &'static str = "slice";
    const FORMULA: &'static str = "y[.., i, ..] = x[.., start + i·step, ..]";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |label: &str, from: &[usize], at: isize, range: Range<usize>, step| {
            Case::new(label, vec![spread(from, 1)], move |x| x[0].slice(at, range.clone(), step).square().exp())
        };
        vec![
            one("every second", &[5], 0, 0..5, 2),
            one("every third from 1", &[8], 0, 1..8, 3),
            one("step beyond the end", &[3], 0, 1..3, 9),
            one("step 1", &[4], 0, 1..3, 1),
            one("nothing", &[4], 0, 2..2, 2),
            one("columns", &[2, 5], 1, 0..5, 2),
            one("rows", &[5, 2], -2, 1..4, 2),
            one("middle axis", &[2, 4, 2], 1, 1..4, 2),
            one("of empty", &[0, 4], 1, 0..4, 2),
            Case::new("of a transpose", vec![spread(&[3, 4], 1)], |x| x[0].t().slice(0, 0..4, 3).exp()),
            Case::new("of a slice", vec![spread(&[9], 1)], |x| x[0].slice(0, 0..9, 2).slice(0, 1..5, 2).exp()),
            Case::new("even times odd", vec![spread(&[6], 1)], |x| x[0].slice(0, 0..6, 2) * x[0].slice(0, 1..6, 2)),
        ]
    }
}

impl Room for Unslice {
    const NAME: &'static str = "unslice";
    const FORMULA: &'static str = "y[.., start + i·step, ..] = x[.., i, ..], zero elsewhere";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |label: &str, from: &[usize], axis, start, step, total| {
            Case::new(label, vec![spread(from, 1)], move |x| unslice(&x[0], axis, start, step, total).exp())
        };
        vec![
            one("row", &[3], 0, 0, 2, 5),
            one("from 1", &[2], 0, 1, 3, 6),
            one("dense", &[3], 0, 0, 1, 3),
            one("columns", &[2, 2], 1, 1, 2, 4),
            one("rows", &[2, 2], 0, 0, 3, 5),
            one("middle axis", &[2, 2, 2], 1, 0, 2, 3),
            one("one", &[1], 0, 2, 1, 3),
            one("empty", &[0], 0, 0, 2, 2),
            one("empty elsewhere", &[0, 2], 1, 0, 2, 4),
            one("row without steps", &[2], 0, 1, 1, 4),
            one("columns without steps", &[2, 2], 1, 0, 1, 3),
            one("rows without steps", &[2, 2], 0, 2, 1, 4),
            one("empty without steps", &[0], 0, 1, 1, 2),
            Case::new("of a transpose", vec![spread(&[2, 3], 1)], |x| unslice(&x[0].t(), 0, 0, 2, 6).exp()),
            Case::new("of a transpose without steps", vec![spread(&[2, 3], 1)], |x| {
                unslice(&x[0].t(), 0, 1, 1, 5).exp()
            }),
        ]
    }
}

fn unslice(x: &Tensor<f64>, axis: usize, start: usize, step: usize, total: usize) -> Tensor<f64> {
    f64::apply(f64::boxed(Unslice { axis, start, step, total }), &[x])
}
