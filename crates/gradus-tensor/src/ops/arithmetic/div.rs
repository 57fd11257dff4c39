//! Quotient of two tensors, element by element.

use crate::case::{Case, Room, row, spread};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = a / b, with dy = da/b − y·db/b (never b², which overflows when differentiated again).
#[derive(Clone, Debug)]
pub struct Div;

lanes!(Lane, |_, [a, b]| a / b);
lanes!(PullB, |_, [b, y, g]| -(g * y) / b);

impl<T: Real> Elementwise<2, T> for Div {
    const NAME: &'static str = "div";
    const PULL: bool = true;
    fn eval(&self, x: [&[T]; 2], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, i: usize, [_, b]: [&Tensor<T>; 2], y: &Tensor<T>) -> Slot<T> {
        if i == 0 { b.recip().into() } else { (-(y / b)).into() }
    }
    fn pull(&self, i: usize, [_, b]: [&[T]; 2], y: &[T], g: &[T], out: &mut [T]) {
        if i == 0 { map(Lane, [g, b], out) } else { map(PullB, [b, y, g], out) }
    }
}

impl Room for Div {
    const NAME: &'static str = "div";
    const FORMULA: &'static str = "y = a / b";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, a: &[usize], b: &[usize]| {
            Case::new(label, vec![spread(a, 1), spread(b, 2).exp()], |x| &x[0] / &x[1])
        };
        vec![
            on("same shape", &[2, 3], &[2, 3]),
            on("row to matrix", &[2, 3], &[3]),
            on("column with row", &[2, 1], &[1, 3]),
            on("rank 0", &[], &[2]),
            on("empty", &[0, 2], &[2]),
            Case::new("zero numerator", vec![row(&[0.0, -0.0]), row(&[2.0, 3.0])], |x| &x[0] / &x[1]),
            Case::new("negative denominator", vec![row(&[1.0]), row(&[-0.5])], |x| &x[0] / &x[1]).step(0.1),
            Case::new("by itself", vec![row(&[1.5, -2.0])], |x| &x[0] / x[0].clone()).expect_all([2.0, 0.0, 0.0, 0.0]),
            Case::new("huge denominator", vec![row(&[1e150]), row(&[1e200])], |x| &x[0] / &x[1]).step(1e149),
            Case::new("views", vec![spread(&[2, 3], 1), spread(&[3, 2], 2).exp()], |x| x[0].t() / &x[1]),
        ]
    }
}
