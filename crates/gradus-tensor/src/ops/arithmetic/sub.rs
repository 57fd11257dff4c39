//! Difference of two tensors.

use crate::case::{Case, Room, row, spread};
use crate::kind::Linear;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::{View, elementwise, lanes, map};

/// y = a - b, broadcast.
#[derive(Clone, Debug)]
pub struct Sub;

lanes!(Lane, |_, [a, b]| a - b);

impl<T: Real> Linear<T> for Sub {
    const NAME: &'static str = "sub";
    const BROADCASTS: bool = true;
    const KEEPS_SHAPE: bool = true;
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        Ok(x[0].into())
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        elementwise([x[0], x[1]], out, |x, y| map(Lane, x, y));
    }
    fn adjoint(&self, i: usize, g: &Tensor<T>, _: &[&[usize]]) -> Tensor<T> {
        if i == 0 { g.clone() } else { -g }
    }
    fn apply_to(&self, t: &[Option<&Tensor<T>>], shapes: &[&[usize]]) -> Tensor<T> {
        match (t[0], t[1]) {
            (Some(a), Some(b)) => a - b,
            (Some(a), None) => a.clone(),
            (None, Some(b)) => -b,
            (None, None) => Tensor::zeros(shapes[0]),
        }
    }
}

impl Room for Sub {
    const NAME: &'static str = "sub";
    const FORMULA: &'static str = "y = a - b";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, a: &[usize], b: &[usize]| {
            Case::new(label, vec![spread(a, 1), spread(b, 2)], |x| (&x[0] - &x[1]).square())
        };
        vec![
            on("same shape", &[2, 3], &[2, 3]),
            on("row to matrix", &[2, 3], &[3]),
            on("column to matrix", &[2, 1], &[2, 3]),
            on("column with row", &[2, 1], &[1, 3]),
            on("rank 0", &[], &[2]),
            on("empty", &[0, 2], &[2]),
            on("one with none", &[1], &[0]),
            Case::new("with itself", vec![row(&[1.5, 0.0, -0.0])], |x| (&x[0] - x[0].clone()).exp()),
            Case::new("views", vec![spread(&[2, 3], 1), spread(&[3, 2], 2)], |x| (&x[0].t() - &x[1]).exp()),
            Case::new("huge and tiny", vec![row(&[1e100]), row(&[1e-100])], |x| &x[0] - &x[1]).step(1e98),
        ]
    }
}
