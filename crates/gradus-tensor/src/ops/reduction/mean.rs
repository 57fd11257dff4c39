//! Means over axes.

use super::rows::count;
use super::sum::axes_of;
use crate::case::{Case, Room, row, spread};
use crate::message;
use crate::node::Tensor;
use crate::real::Real;

/// y = 1/n Σ x.
pub struct Mean;

impl<T: Real> Tensor<T> {
    /// The mean of all elements, of rank 0.
    ///
    /// # Panics
    /// If there are no elements.
    #[track_caller]
    #[must_use]
    pub fn mean(&self) -> Self {
        if self.is_empty() {
            message::panic_with(&format!(
                "mean: the tensor of shape {:?} has no elements, so it has no mean",
                self.shape()
            ));
        }
        self.sum() / self.len() as f64
    }

    /// Means over `axes` (from the end where negative), which stay with length 1 where `keepdim`.
    ///
    /// # Panics
    /// If an axis does not exist, is named twice, or has length 0.
    #[track_caller]
    #[must_use]
    pub fn mean_axes(&self, axes: &[isize], keepdim: bool) -> Self {
        let n = count(self.shape(), &axes_of("mean", axes, self.rank()));
        if n == 0 {
            message::panic_with(&format!(
                "mean: axes {axes:?} of {:?} have no elements, so they have no mean",
                self.shape()
            ));
        }
        self.sum_axes(axes, keepdim) / n as f64
    }
}

impl Room for Mean {
    const NAME: &'static str = "mean";
    const FORMULA: &'static str = "y = 1/n Σ x";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, shape: &[usize], axes: &'static [isize], keep| {
            Case::new(label, vec![spread(shape, 1)], move |x| x[0].mean_axes(axes, keep).exp())
        };
        vec![
            Case::new("all", vec![spread(&[2, 3], 1)], |x| x[0].mean().exp()),
            Case::new("rank 0", vec![spread(&[], 1)], |x| x[0].mean().exp()),
            on("columns", &[2, 3], &[0], false),
            on("rows, kept", &[2, 3], &[-1], true),
            on("two of three", &[2, 3, 2], &[0, 2], false),
            on("no axes", &[2, 2], &[], false),
            on("one", &[1], &[0], false),
            on("empty result", &[0, 2], &[1], false),
            Case::new("of a transpose", vec![spread(&[2, 3], 1)], |x| x[0].t().mean_axes(&[0], false).exp()),
            Case::new("of a broadcast", vec![spread(&[3], 1)], |x| {
                x[0].broadcast_to(&[2, 3]).mean_axes(&[0], false).exp()
            }),
            Case::new("known", vec![row(&[1.0, 2.0, 6.0])], |x| x[0].mean().square()).expect_all([9.0, 6.0, 2.0, 0.0]),
        ]
    }
}
