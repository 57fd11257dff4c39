//! Linear interpolation between two tensors.

use crate::case::{Case, Room, row, spread};
use crate::node::Tensor;
use crate::real::Real;

/// y = a + t (b − a).
pub struct Lerp;

impl<T: Real> Tensor<T> {
    /// a + t (b − a), element by element, broadcast: a at t = 0, b at t = 1.
    #[track_caller]
    #[must_use]
    pub fn lerp(&self, end: &Self, t: &Self) -> Self {
        self + t * (end - self)
    }
}

impl Room for Lerp {
    const NAME: &'static str = "lerp";
    const FORMULA: &'static str = "y = a + t (b − a)";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, a: &[usize], b: &[usize], t: &[usize]| {
            Case::new(label, vec![spread(a, 1), spread(b, 2), spread(t, 3)], |x| x[0].lerp(&x[1], &x[2]).exp())
        };
        let at = |t: f64| {
            Case::new(format!("t = {t}"), vec![row(&[1.0]), row(&[3.0]), row(&[t])], |x| x[0].lerp(&x[1], &x[2]))
        };
        vec![
            on("same shape", &[2, 3], &[2, 3], &[2, 3]),
            on("one t", &[2, 3], &[2, 3], &[]),
            on("row to matrix", &[2, 3], &[3], &[2, 1]),
            on("rank 0", &[], &[], &[]),
            on("empty", &[0, 2], &[2], &[]),
            at(0.0),
            at(1.0),
            at(-0.0),
            at(2.0),
            Case::new("views", vec![spread(&[2, 3], 1), spread(&[3, 2], 2)], |x| x[0].t().lerp(&x[1], &x[1]).square()),
        ]
    }
}
