//! The nearest integer, ties to the even one.

use crate::case::{Case, Room, row, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// The nearest integer, ties to the even one, with dy = 0.
#[derive(Clone, Debug)]
pub struct Round;

lanes!(Lane, |_, [x]| x.round_ties_even());

impl<T: Real> Elementwise<1, T> for Round {
    const NAME: &'static str = "round";
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
    /// The nearest integer, ties to the even one, element by element: piecewise constant, so all derivatives are 0.
    #[must_use]
    #[track_caller]
    pub fn round(&self) -> Self {
        T::apply(T::boxed(Round), &[self])
    }
}

impl Room for Round {
    const NAME: &'static str = "round";
    const FORMULA: &'static str = "y = round x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| x.round() * x.square(), &[0.7, -0.6, 2.3, -3.7, 30.2, -1000.3, 0.2, 1e-8]);
        cases.extend(
            [(0.5, [0.0; 4]), (1.5, [2.0, 0.0, 0.0, 0.0]), (-0.5, [0.0; 4])]
                .map(|(x, d)| Case::new(format!("at {x}"), vec![row(&[x])], |x| x[0].round()).expect_all(d)),
        );
        cases
    }
}
