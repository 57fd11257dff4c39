//! The larger of two numbers.

use super::wins::wins;
use crate::case::{Case, Room, row, spread};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = max(a, b); the derivative goes to the larger, half to each where they are equal. NaN passes.
#[derive(Clone, Debug)]
pub struct Maximum;

lanes!(Lane, |_, [a, b]| if (a > b) | a.is_nan() { a } else { b });

impl<T: Real> Elementwise<2, T> for Maximum {
    const NAME: &'static str = "maximum";
    const PIECEWISE: bool = true;
    fn eval(&self, x: [&[T]; 2], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, i: usize, [a, b]: [&Tensor<T>; 2], _: &Tensor<T>) -> Slot<T> {
        (if i == 0 { wins(a, b) } else { wins(b, a) }).into()
    }
}

impl<T: Real> Tensor<T> {
    /// The larger of two numbers, element by element, broadcast. Where they are equal the derivative is ½ for each, as in PyTorch.
    #[track_caller]
    #[must_use]
    pub fn maximum(&self, other: &Self) -> Self {
        T::apply(T::boxed(Maximum), &[self, other])
    }
}

impl Room for Maximum {
    const NAME: &'static str = "maximum";
    const FORMULA: &'static str = "y = max(a, b)";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, a: &[usize], b: &[usize]| {
            Case::new(label, vec![spread(a, 1), spread(b, 2)], |x| x[0].maximum(&x[1]).exp())
        };
        let tie = |a: f64, b: f64, d| {
            Case::new(format!("tie of {a} and {b}"), vec![row(&[a]), row(&[b])], |x| x[0].maximum(&x[1])).expect_all(d)
        };
        vec![
            on("same shape", &[2, 3], &[2, 3]),
            on("row to matrix", &[2, 3], &[3]),
            on("column with row", &[2, 1], &[1, 3]),
            on("rank 0", &[], &[]),
            on("empty", &[0, 2], &[2]),
            tie(1.0, 1.0, [1.0, 1.0, 0.0, 0.0]),
            tie(0.0, -0.0, [0.0, 1.0, 0.0, 0.0]),
            Case::new("half of a tie", vec![row(&[1.0])], |x| x[0].maximum(&Tensor::scalar(1.0)))
                .expect_all([1.0, 0.5, 0.0, 0.0]),
            Case::new("huge", vec![row(&[1e300]), row(&[-1e300])], |x| x[0].maximum(&x[1])).step(1e299),
            Case::new("views", vec![spread(&[2, 3], 1), spread(&[3, 2], 2)], |x| x[0].t().maximum(&x[1]).square()),
        ]
    }
}
