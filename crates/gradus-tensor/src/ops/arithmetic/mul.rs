//! Product of two tensors, element by element.

use crate::case::{Case, Room, row, spread};
use crate::kind::Bilinear;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::{View, elementwise, lanes, map};

/// y = a · b, broadcast.
#[derive(Clone, Debug)]
pub struct Mul;

lanes!(Lane, |_, [a, b]| a * b);

impl<T: Real> Bilinear<T> for Mul {
    const NAME: &'static str = "mul";
    const BROADCASTS: bool = true;
    const KEEPS_SHAPE: bool = true;
    fn shape(&self, a: &[usize], _: &[usize]) -> Result<Dims, Refusal> {
        Ok(a.into())
    }
    fn eval(&self, a: View<'_, T>, b: View<'_, T>, out: &mut [T]) {
        elementwise([a, b], out, |x, y| map(Lane, x, y));
    }
    fn apply(&self, a: &Tensor<T>, b: &Tensor<T>) -> Tensor<T> {
        a * b
    }
    fn left(&self, g: &Tensor<T>, b: &Tensor<T>, _: &[usize]) -> Tensor<T> {
        g * b
    }
    fn right(&self, g: &Tensor<T>, a: &Tensor<T>, _: &[usize]) -> Tensor<T> {
        g * a
    }
}

impl Room for Mul {
    const NAME: &'static str = "mul";
    const FORMULA: &'static str = "y = a · b";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, a: &[usize], b: &[usize]| {
            Case::new(label, vec![spread(a, 1), spread(b, 2)], |x| (&x[0] * &x[1]).exp())
        };
        vec![
            on("same shape", &[2, 3], &[2, 3]),
            on("row to matrix", &[2, 3], &[3]),
            on("column with row", &[2, 1], &[1, 3]),
            on("rank 0", &[], &[2]),
            on("empty", &[0, 2], &[2]),
            on("one with none", &[1], &[0]),
            Case::new("a square", vec![row(&[1.5, 0.0, -0.0])], |x| &x[0] * &x[0]),
            Case::new("a cube at 0", vec![row(&[0.0, -0.0])], |x| &x[0] * &x[0] * &x[0])
                .expect_all([0.0, 0.0, 0.0, 12.0]),
            Case::new("views", vec![spread(&[2, 3], 1), spread(&[3, 2], 2)], |x| (x[0].t() * &x[1]).exp()),
            Case::new("zero and one", vec![row(&[0.0, 2.0]), row(&[3.0, 0.0])], |x| &x[0] * &x[1]),
        ]
    }
}
