//! The length of a vector of two numbers.

use crate::case::{Case, Room, row, spread};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = √(a² + b²), with dy = (a da + b db)/y; at (0, 0) all derivatives are 0 by convention.
#[derive(Clone, Debug)]
pub struct Hypot;

lanes!(Lane, |_, [a, b]| {
    let (a, b) = (a.abs(), b.abs());
    let (large, small) = if a > b { (a, b) } else { (b, a) };
    let ratio = if (large == T::ZERO) | (large == T::INFINITY) { T::ZERO } else { small / large };
    if a.is_nan() | b.is_nan() { a + b } else { large * (T::ONE + ratio * ratio).sqrt() }
});

impl<T: Real> Elementwise<2, T> for Hypot {
    const NAME: &'static str = "hypot";
    fn eval(&self, x: [&[T]; 2], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, i: usize, x: [&Tensor<T>; 2], y: &Tensor<T>) -> Slot<T> {
        let zero = y.eq(0.0);
        let ratio = if zero.any() { (x[i] / y.masked_fill(&zero, 1.0)).masked_fill(&zero, 0.0) } else { x[i] / y };
        ratio.into()
    }
}

impl<T: Real> Tensor<T> {
    /// √(a² + b²), element by element, broadcast, without overflow. At (0, 0) all derivatives are 0 by convention.
    #[track_caller]
    #[must_use]
    pub fn hypot(&self, other: &Self) -> Self {
        T::apply(T::boxed(Hypot), &[self, other])
    }
}

impl Room for Hypot {
    const NAME: &'static str = "hypot";
    const FORMULA: &'static str = "y = √(a² + b²)";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, a: &[usize], b: &[usize]| {
            Case::new(label, vec![spread(a, 1), spread(b, 2)], |x| x[0].hypot(&x[1])).step(0.2)
        };
        let at = |a: f64, b: f64| Case::new(format!("{a}, {b}"), vec![row(&[a]), row(&[b])], |x| x[0].hypot(&x[1]));
        vec![
            on("same shape", &[2, 3], &[2, 3]),
            on("row to matrix", &[2, 3], &[3]),
            on("column with row", &[2, 1], &[1, 3]),
            on("rank 0", &[], &[]),
            on("empty", &[0, 2], &[2]),
            at(0.0, 0.0).expect_all([0.0; 4]),
            at(-0.0, 0.0).expect_all([0.0; 4]),
            at(3.0, 4.0),
            at(0.0, 2.0),
            at(1e200, 1e200).step(1e198),
            at(-1e-3, 1.0),
        ]
    }
}
