//! A range of an axis: a view; its adjoint pads with zeros.

use crate::case::{Case, Room, spread};
use crate::kind::Linear;
use crate::message;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use crate::shape::{Dims, Layout, axis};
use gradus_kernels::View;

/// y[.., i, ..] = x[.., start + i, ..] for i below `len`.
#[derive(Clone, Debug)]
pub struct Narrow {
    axis: usize,
    start: usize,
    len: usize,
}

impl<T: Real> Linear<T> for Narrow {
    const NAME: &'static str = "narrow";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        let mut shape: Dims = x[0].into();
        if self.start + self.len > shape[self.axis] {
            return Err(format!(
                "narrow: {} elements from {} do not fit axis {} of {:?}, which has length {}",
                self.len, self.start, self.axis, x[0], shape[self.axis]
            ));
        }
        shape[self.axis] = self.len;
        Ok(shape)
    }
    fn view(&self, x: &Layout) -> Option<Layout> {
        let mut y = x.clone();
        y.shape[self.axis] = self.len;
        y.offset += self.start * y.strides[self.axis];
        Some(y)
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        x[0].copy_to(out);
    }
    fn adjoint(&self, _: usize, g: &Tensor<T>, shapes: &[&[usize]]) -> Tensor<T> {
        let op = Widen { axis: self.axis, start: self.start, total: shapes[0][self.axis] };
        T::apply(T::boxed(op), &[g])
    }
}

/// The adjoint of [`Narrow`]: zeros around a range of an axis.
#[derive(Clone, Debug)]
pub struct Widen {
    axis: usize,
    start: usize,
    total: usize,
}

impl<T: Real> Linear<T> for Widen {
    const NAME: &'static str = "widen";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        let mut shape: Dims = x[0].into();
        shape[self.axis] = self.total;
        Ok(shape)
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        out.fill(T::ZERO);
        let inner: usize = x[0].shape[self.axis + 1..].iter().product();
        let (from, whole) = (x[0].shape[self.axis] * inner, self.total * inner);
        if from == 0 {
            return;
        }
        let copy;
        let flat = match x[0].contiguous() {
            Some(flat) => flat,
            None => {
                copy = x[0].to_vec();
                &copy
            }
        };
        for (y, x) in out.chunks_exact_mut(whole).zip(flat.chunks_exact(from)) {
            y[self.start * inner..self.start * inner + from].copy_from_slice(x);
        }
    }
    fn adjoint(&self, _: usize, g: &Tensor<T>, shapes: &[&[usize]]) -> Tensor<T> {
        g.narrow(self.axis as isize, self.start, shapes[0][self.axis])
    }
}

impl<T: Real> Tensor<T> {
    /// `len` elements of an axis, from `start` on, as a view.
    ///
    /// # Panics
    /// If the range does not fit.
    #[track_caller]
    #[must_use]
    pub fn narrow(&self, at: isize, start: usize, len: usize) -> Self {
        let axis = axis("narrow", at, self.rank());
        T::apply(T::boxed(Narrow { axis, start, len }), &[self])
    }

    /// The `i`-th slice along an axis, without that axis.
    ///
    /// # Panics
    /// If the axis or the index does not exist.
    #[doc(alias = "index_axis")]
    #[track_caller]
    #[must_use]
    pub fn select(&self, at: isize, i: usize) -> Self {
        let k = axis("select", at, self.rank());
        if i >= self.shape()[k] {
            message::panic_with(&format!("select: index {i} is out of range for axis {k} of {:?}", self.shape()));
        }
        self.narrow(at, i, 1).squeeze(k as isize)
    }
}

impl Room for Narrow {
    const NAME: &'static str = "narrow";
    const FORMULA: &'static str = "y[.., i, ..] = x[.., start + i, ..]";
    fn cases() -> Vec<Case> {
        let one = |label: &str, from: &[usize], at: isize, start, len| {
            Case::new(label, vec![spread(from, 1)], move |x| x[0].narrow(at, start, len).square().exp())
        };
        vec![
            one("head", &[5], 0, 0, 2),
            one("tail", &[5], 0, 3, 2),
            one("none", &[5], 0, 2, 0),
            one("all", &[3], 0, 0, 3),
            one("columns", &[2, 4], 1, 1, 2),
            one("rows", &[4, 2], -2, 1, 2),
            one("middle axis", &[2, 3, 2], 1, 1, 1),
            one("of empty", &[0, 3], 1, 1, 2),
            Case::new("of a transpose", vec![spread(&[3, 4], 1)], |x| x[0].t().narrow(0, 1, 2).exp()),
            Case::new("overlapping", vec![spread(&[4], 1)], |x| x[0].narrow(0, 0, 3) * x[0].narrow(0, 1, 3)),
            Case::new("select", vec![spread(&[3, 2], 1)], |x| x[0].select(0, 2).exp() * x[0].select(0, 0)),
        ]
    }
}

impl Room for Widen {
    const NAME: &'static str = "widen";
    const FORMULA: &'static str = "y[.., start + i, ..] = x[.., i, ..], zero elsewhere";
    fn cases() -> Vec<Case> {
        let one = |label: &str, from: &[usize], axis, start, total| {
            Case::new(label, vec![spread(from, 1)], move |x| widen(&x[0], axis, start, total).exp())
        };
        vec![
            one("row", &[2], 0, 1, 4),
            one("columns", &[2, 2], 1, 0, 3),
            one("rows", &[2, 2], 0, 2, 4),
            one("empty", &[0], 0, 1, 2),
            Case::new("of a transpose", vec![spread(&[2, 3], 1)], |x| widen(&x[0].t(), 0, 1, 5).exp()),
        ]
    }
}

fn widen(x: &Tensor<f64>, axis: usize, start: usize, total: usize) -> Tensor<f64> {
    f64::apply(f64::boxed(Widen { axis, start, total }), &[x])
}
