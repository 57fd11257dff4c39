//! Copies of a tensor side by side, and of each slice.

use crate::case::{Case, Room, row, spread};
use crate::message;
use crate::node::Tensor;
use crate::real::Real;
use crate::shape::axis;

/// The whole tensor a number of times along each axis.
pub struct Repeat;

/// Each slice of an axis a number of times in a row.
pub struct RepeatInterleave;

impl<T: Real> Tensor<T> {
    /// The whole tensor `times[k]` times along axis k: 1 2 becomes 1 2 1 2. More counts than axes make new leading axes.
    ///
    /// # Panics
    /// If there are fewer counts than axes.
    #[doc(alias = "tile")]
    #[track_caller]
    #[must_use]
    pub fn repeat(&self, times: &[usize]) -> Self {
        let Some(new) = times.len().checked_sub(self.rank()) else {
            message::panic_with(&format!(
                "repeat: {} counts for {:?}, which has {} axes; give one for each axis",
                times.len(),
                self.shape(),
                self.rank()
            ));
        };
        let padded = |k: usize| if k < new { 1 } else { self.shape()[k - new] };
        let pairs = |f: &dyn Fn(usize) -> [usize; 2]| (0..times.len()).flat_map(f).collect::<Vec<usize>>();
        let apart = pairs(&|k| [1, padded(k)]);
        let wide = pairs(&|k| [times[k], padded(k)]);
        let shape: Vec<usize> = (0..times.len()).map(|k| times[k] * padded(k)).collect();
        self.reshape(&apart).broadcast_to(&wide).reshape(&shape)
    }

    /// Each slice of an axis (from the end where negative) `times` times in a row: 1 2 becomes 1 1 2 2.
    ///
    /// # Panics
    /// If the axis does not exist.
    #[track_caller]
    #[must_use]
    pub fn repeat_interleave(&self, times: usize, at: isize) -> Self {
        let k = axis("repeat_interleave", at, self.rank());
        let (mut wide, mut shape) = (self.shape().to_vec(), self.shape().to_vec());
        wide.insert(k + 1, times);
        shape[k] *= times;
        self.unsqueeze(k as isize + 1).broadcast_to(&wide).reshape(&shape)
    }
}

/// f against weights, so that places matter.
fn weighed(y: &Tensor<f64>) -> Tensor<f64> {
    y.exp() * spread(y.shape(), 3)
}

impl Room for Repeat {
    const NAME: &'static str = "repeat";
    const FORMULA: &'static str = "y[i] = x[i mod n], along each axis";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |label: &str, shape: &[usize], times: &'static [usize]| {
            Case::new(label, vec![spread(shape, 1)], move |x| weighed(&x[0].repeat(times)))
        };
        vec![
            one("row", &[3], &[2]),
            one("both axes", &[2, 2], &[2, 3]),
            one("new axis", &[2], &[3, 2]),
            one("a number", &[], &[3]),
            one("once", &[2, 2], &[1, 1]),
            one("never", &[2], &[0]),
            one("empty", &[0, 2], &[2, 2]),
            one("rank 0 once", &[], &[]),
            Case::new("of a transpose", vec![spread(&[2, 3], 1)], |x| weighed(&x[0].t().repeat(&[1, 2]))),
            Case::new("a known sum", vec![row(&[1.0, 2.0])], |x| x[0].repeat(&[3]).square())
                .expect_all([15.0, 18.0, 12.0, 0.0]),
        ]
    }
}

impl Room for RepeatInterleave {
    const NAME: &'static str = "repeat_interleave";
    const FORMULA: &'static str = "y[i] = x[i div times]";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |label: &str, shape: &[usize], times, at| {
            Case::new(label, vec![spread(shape, 1)], move |x| weighed(&x[0].repeat_interleave(times, at)))
        };
        vec![
            one("row", &[3], 2, 0),
            one("rows", &[2, 3], 2, 0),
            one("columns", &[2, 3], 3, -1),
            one("middle axis", &[2, 2, 2], 2, 1),
            one("once", &[2], 1, 0),
            one("never", &[2], 0, 0),
            one("one", &[1], 3, 0),
            one("empty", &[0, 2], 2, 0),
            Case::new("of a transpose", vec![spread(&[2, 3], 1)], |x| weighed(&x[0].t().repeat_interleave(2, 0))),
            Case::new("a known sum", vec![row(&[1.0, 2.0])], |x| x[0].repeat_interleave(2, 0).square())
                .expect_all([10.0, 12.0, 8.0, 0.0]),
        ]
    }
}
