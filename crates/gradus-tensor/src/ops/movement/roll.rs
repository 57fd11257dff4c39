//! Elements moved along an axis, those that leave at one end coming in at the other.

use crate::case::{Case, Room, row, spread};
use crate::node::Tensor;
use crate::real::Real;
use crate::shape::axis;

/// y[.., (i + shift) mod n, ..] = x[.., i, ..].
pub struct Roll;

impl<T: Real> Tensor<T> {
    /// Elements moved by `shift` places along an axis (from the end where negative); those that leave come in at the other end.
    ///
    /// # Panics
    /// If the axis does not exist.
    #[track_caller]
    #[must_use]
    pub fn roll(&self, shift: isize, at: isize) -> Self {
        let k = axis("roll", at, self.rank());
        let n = self.shape()[k];
        let shift = shift.rem_euclid(n.max(1) as isize) as usize;
        if shift == 0 {
            return self.clone();
        }
        let k = k as isize;
        Self::concat(&[self.narrow(k, n - shift, shift), self.narrow(k, 0, n - shift)], k)
    }
}

impl Room for Roll {
    const NAME: &'static str = "roll";
    const FORMULA: &'static str = "y[.., (i + shift) mod n, ..] = x[.., i, ..]";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |label: &str, shape: &[usize], shift, at| {
            Case::new(label, vec![spread(shape, 1)], move |x| {
                let y = x[0].roll(shift, at);
                y.exp() * spread(y.shape(), 3)
            })
        };
        vec![
            one("by one", &[4], 1, 0),
            one("back", &[4], -1, 0),
            one("by zero", &[4], 0, 0),
            one("by more than all", &[3], 7, 0),
            one("by all", &[3], 3, 0),
            one("rows", &[3, 2], 1, 0),
            one("columns", &[2, 3], -2, -1),
            one("one", &[1], 5, 0),
            one("empty", &[0, 2], 1, 0),
            Case::new("of a transpose", vec![spread(&[2, 3], 1)], |x| x[0].t().roll(1, 0) * spread(&[3, 2], 4).exp()),
            Case::new("neighbours on a ring", vec![row(&[1.0, 2.0, 3.0])], |x| &x[0] * x[0].roll(1, 0))
                .expect_all([11.0, 12.0, 6.0, 0.0]),
        ]
    }
}
