//! A range of an axis, or one place of it: a [`slice`](Tensor::slice) without steps.

use crate::case::{Case, Room, spread};
use crate::message;
use crate::node::Tensor;
use crate::real::Real;
use crate::shape::axis;

/// y[.., i, ..] = x[.., start + i, ..] for i below `len`.
pub struct Narrow;

impl<T: Real> Tensor<T> {
    /// `len` elements of an axis, from `start` on, as a view.
    ///
    /// # Panics
    /// If the range does not fit.
    #[track_caller]
    #[must_use]
    pub fn narrow(&self, at: isize, start: usize, len: usize) -> Self {
        let k = axis("narrow", at, self.rank());
        if start + len > self.shape()[k] {
            message::panic_with(&format!(
                "narrow: {len} elements from {start} do not fit axis {k} of {:?}, which has length {}",
                self.shape(),
                self.shape()[k]
            ));
        }
        self.slice(at, start..start + len, 1)
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
    #[inline]
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
