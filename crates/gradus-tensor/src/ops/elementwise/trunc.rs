//! The integer part of a number, towards 0.

use crate::case::{Case, Room, row, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// The integer part of a number, towards 0, with dy = 0.
#[derive(Clone, Debug)]
pub struct Trunc;

lanes!(Lane, |_, [x]| if x < T::ZERO { x.ceil() } else { x.floor() });

impl<T: Real> Elementwise<1, T> for Trunc {
    const NAME: &'static str = "trunc";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, _: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        Slot::Zero
    }
    fn is_locally_constant(&self, _: usize) -> bool {
        true
    }
}

impl<T: Real> Tensor<T> {
    /// The integer part of a number, towards 0, element by element: piecewise constant, so all derivatives are 0.
    #[must_use]
    #[track_caller]
    pub fn trunc(&self) -> Self {
        T::apply(T::boxed(Trunc), &[self])
    }
}

impl Room for Trunc {
    const NAME: &'static str = "trunc";
    const FORMULA: &'static str = "y = trunc x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| x.trunc() * x.square(), &[0.7, -0.6, 2.3, -3.7, 30.2, -1000.3, 0.2, 1e-8]);
        cases.extend(
            [(1.0, [1.0, 0.0, 0.0, 0.0]), (-1.0, [-1.0, 0.0, 0.0, 0.0]), (0.0, [0.0; 4])]
                .map(|(x, d)| Case::new(format!("at {x}"), vec![row(&[x])], |x| x[0].trunc()).expect_all(d)),
        );
        cases
    }
}
