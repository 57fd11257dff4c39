//! Axes run backwards.

use crate::case::{Case, Room, row, spread};
use crate::index::Index;
use crate::node::Tensor;
use crate::ops::reduction::sum::axes_of;
use crate::real::Real;

/// y[.., i, ..] = x[.., n − 1 − i, ..].
pub struct Flip;

impl<T: Real> Tensor<T> {
    /// The named axes (from the end where negative) run backwards.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[doc(alias = "reverse")]
    #[track_caller]
    #[must_use]
    pub fn flip(&self, axes: &[isize]) -> Self {
        let flipped = axes_of("flip", axes, self.rank());
        let backwards = |x: Self, k: usize| {
            let order: Vec<usize> = (0..x.shape()[k]).rev().collect();
            x.index_select(k as isize, &Index::from(&order[..]))
        };
        (0..self.rank()).filter(|&k| flipped[k]).fold(self.clone(), backwards)
    }
}

impl Room for Flip {
    const NAME: &'static str = "flip";
    const FORMULA: &'static str = "y[.., i, ..] = x[.., n − 1 − i, ..]";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |label: &str, shape: &[usize], axes: &'static [isize]| {
            Case::new(label, vec![spread(shape, 1)], move |x| {
                let y = x[0].flip(axes);
                y.exp() * spread(y.shape(), 3)
            })
        };
        vec![
            one("row", &[4], &[0]),
            one("rows", &[2, 3], &[0]),
            one("columns", &[2, 3], &[-1]),
            one("both", &[2, 3], &[0, 1]),
            one("middle axis", &[2, 3, 2], &[1]),
            one("no axes", &[2], &[]),
            one("one", &[1], &[0]),
            one("empty", &[0, 2], &[0, 1]),
            one("rank 0", &[], &[]),
            Case::new("of a transpose", vec![spread(&[2, 3], 1)], |x| x[0].t().flip(&[0]) * spread(&[3, 2], 4).exp()),
            Case::new("a palindrome", vec![row(&[1.0, 2.0, 3.0])], |x| &x[0] * x[0].flip(&[0]))
                .expect_all([10.0, 12.0, 6.0, 0.0]),
        ]
    }
}
