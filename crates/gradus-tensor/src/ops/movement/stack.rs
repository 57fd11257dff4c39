//! Tensors of one shape along a new axis.

use crate::case::{Case, Room, spread};
use crate::message;
use crate::node::Tensor;
use crate::real::Real;

/// y[.., i, ..] = xᵢ, along a new axis.
pub struct Stack;

impl<T: Real> Tensor<T> {
    /// Tensors of one shape along a new axis at `at` (from the end where negative).
    ///
    /// # Panics
    /// If there are none, or their shapes differ.
    #[track_caller]
    #[must_use]
    pub fn stack(tensors: &[Self], at: isize) -> Self {
        let tensors: Vec<Self> = tensors.iter().map(|t| t.unsqueeze(at)).collect();
        let Some(first) = tensors.first() else {
            message::panic_with("stack: no tensors were given; at least one is needed")
        };
        let k = if at < 0 { at + first.rank() as isize } else { at };
        Self::concat(&tensors, k)
    }
}

impl Room for Stack {
    const NAME: &'static str = "stack";
    const FORMULA: &'static str = "y[.., i, ..] = xᵢ";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |label: &str, n: u64, shape: &[usize], at: isize| {
            Case::new(label, (0..n).map(|i| spread(shape, i)).collect(), move |x| Tensor::stack(x, at).square().exp())
        };
        vec![
            one("numbers", 3, &[], 0),
            one("rows", 2, &[3], 0),
            one("columns", 2, &[3], 1),
            one("at the end", 2, &[2, 2], -1),
            one("in the middle", 3, &[2, 2], 1),
            one("from the end", 2, &[2, 2], -2),
            one("one alone", 1, &[2], 0),
            one("empty ones", 2, &[0], 0),
            Case::new("with itself", vec![spread(&[2], 1)], |x| {
                Tensor::stack(&[x[0].clone(), x[0].exp(), x[0].clone()], 0).square()
            }),
            Case::new("views", vec![spread(&[2, 3], 1)], |x| Tensor::stack(&[x[0].t(), x[0].t().exp()], 1).square()),
        ]
    }
}
