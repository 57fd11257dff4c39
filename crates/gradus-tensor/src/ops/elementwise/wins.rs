//! Which of two numbers is larger: 1, ½ or 0.

use crate::case::{Case, Room, row, spread};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = 1 for a > b, ½ for a = b, else 0, with dy = 0: the slope of [`Maximum`](super::maximum::Maximum) in a.
#[derive(Clone, Debug)]
pub struct Wins;

lanes!(Lane, |_, [a, b]| if a > b {
    T::ONE
} else if a == b {
    T::from_f64(0.5)
} else {
    T::ZERO
});

impl<T: Real> Elementwise<2, T> for Wins {
    const NAME: &'static str = "wins";
    fn eval(&self, x: [&[T]; 2], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, _: [&Tensor<T>; 2], _: &Tensor<T>) -> Slot<T> {
        Slot::Zero
    }
    fn is_locally_constant(&self, _: usize) -> bool {
        true
    }
}

/// 1 where a > b, ½ where they are equal, else 0.
#[track_caller]
pub(super) fn wins<T: Real>(a: &Tensor<T>, b: &Tensor<T>) -> Tensor<T> {
    T::apply(T::boxed(Wins), &[a, b])
}

impl Room for Wins {
    const NAME: &'static str = "wins";
    const FORMULA: &'static str = "y = 1 for a > b, ½ for a = b, else 0";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, a: &[usize], b: &[usize]| {
            Case::new(label, vec![spread(a, 1), spread(b, 2)], |x| wins(&x[0], &x[1]) * x[0].exp() * &x[1])
        };
        let at = |a: f64, b: f64, y: f64| {
            Case::new(format!("{a}, {b}"), vec![row(&[a]), row(&[b])], |x| wins(&x[0], &x[1]))
                .expect_all([y, 0.0, 0.0, 0.0])
        };
        vec![
            on("same shape", &[2, 3], &[2, 3]),
            on("row to matrix", &[2, 3], &[3]),
            on("column with row", &[2, 1], &[1, 3]),
            on("rank 0", &[], &[]),
            on("empty", &[0, 2], &[2]),
            at(1.0, 1.0, 0.5),
            at(0.0, -0.0, 0.5),
            at(2.0, 1.0, 1.0),
            at(-1e300, 1e300, 0.0),
            at(f64::INFINITY, f64::INFINITY, 0.5),
        ]
    }
}
