//! The outer product of vectors, batched.

use crate::case::{Case, Room, spread};
use crate::message;
use crate::node::Tensor;
use crate::real::Real;

/// Yᵢⱼ = uᵢ vⱼ.
#[derive(Clone, Debug)]
pub struct Outer;

impl<T: Real> Tensor<T> {
    /// Yᵢⱼ = uᵢ vⱼ over the last axes: `[.., m]` by `[.., n]` gives `[.., m, n]`; leading axes broadcast.
    ///
    /// # Panics
    /// If an operand has rank 0, or the leading axes do not broadcast.
    #[doc(alias = "ger")]
    #[track_caller]
    #[must_use]
    pub fn outer(&self, v: &Self) -> Self {
        if self.rank() == 0 || v.rank() == 0 {
            message::panic_with(&format!(
                "outer: left {:?}, right {:?}: a scalar is no vector; use *",
                self.shape(),
                v.shape()
            ));
        }
        self.unsqueeze(-1) * v.unsqueeze(-2)
    }
}

impl Room for Outer {
    const NAME: &'static str = "outer";
    const FORMULA: &'static str = "Yᵢⱼ = uᵢ vⱼ";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, u: &[usize], v: &[usize]| {
            Case::new(label, vec![spread(u, 1), spread(v, 2)], |x| x[0].outer(&x[1]).square())
        };
        vec![
            on("two by three", &[2], &[3]),
            on("one by one", &[1], &[1]),
            on("empty left", &[0], &[2]),
            on("empty right", &[2], &[0]),
            on("a batch", &[2, 2], &[2, 3]),
            on("a batch by one vector", &[2, 3], &[2]),
            on("broadcast batches", &[2, 1, 2], &[3, 1]),
            Case::new("with itself", vec![spread(&[3], 1)], |x| x[0].outer(&x[0]).exp()),
            Case::new("of a column of a matrix", vec![spread(&[3, 2], 1)], |x| {
                x[0].select(1, 0).outer(&x[0].select(1, 1))
            }),
            Case::new("against the product", vec![spread(&[3], 1), spread(&[2], 2)], |x| {
                x[0].outer(&x[1]) - x[0].unsqueeze(1).matmul(&x[1].unsqueeze(0))
            }),
        ]
    }
}
