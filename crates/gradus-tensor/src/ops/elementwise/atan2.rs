//! The angle of a point.

use crate::case::{Case, Room, row, spread};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// θ = the angle of (x, y) in (−π, π], with dθ = (x dy − y dx)/(x² + y²); at (0, 0) all derivatives are 0 by convention.
#[derive(Clone, Debug)]
pub struct Atan2;

lanes!(Lane, |_, [y, x]| y.atan2(x));

impl<T: Real> Elementwise<2, T> for Atan2 {
    const NAME: &'static str = "atan2";
    fn eval(&self, x: [&[T]; 2], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, i: usize, [y, x]: [&Tensor<T>; 2], _: &Tensor<T>) -> Slot<T> {
        // Twice by the length, since x² + y² overflows.
        let length = x.hypot(y);
        let zero = length.eq(0.0);
        let length = length.masked_fill(&zero, 1.0);
        let top = if i == 0 { x.clone() } else { -y };
        (top / &length / length).masked_fill(&zero, 0.0).into()
    }
}

impl<T: Real> Tensor<T> {
    /// The angle of the points (x, self) in (−π, π], element by element, broadcast. At (0, 0) all derivatives are 0 by convention.
    #[track_caller]
    #[must_use]
    pub fn atan2(&self, x: &Self) -> Self {
        T::apply(T::boxed(Atan2), &[self, x])
    }
}

impl Room for Atan2 {
    const NAME: &'static str = "atan2";
    const FORMULA: &'static str = "θ = angle of (x, y)";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, a: &[usize], b: &[usize]| {
            Case::new(label, vec![spread(a, 1), spread(b, 2).exp()], |x| x[0].atan2(&x[1])).step(0.3)
        };
        let at = |y: f64, x: f64| Case::new(format!("{y}, {x}"), vec![row(&[y]), row(&[x])], |x| x[0].atan2(&x[1]));
        vec![
            on("same shape", &[2, 3], &[2, 3]),
            on("row to matrix", &[2, 3], &[3]),
            on("column with row", &[2, 1], &[1, 3]),
            on("rank 0", &[], &[]),
            on("empty", &[0, 2], &[2]),
            at(0.0, 0.0).expect_all([0.0; 4]),
            at(1.0, 0.0),
            at(-1.0, -1.0).step(0.3),
            at(0.5, -2.0).step(0.3),
            at(1e200, 1e200).step(1e198),
        ]
    }
}
