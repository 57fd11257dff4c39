//! The smallest integer not below a number.

use crate::case::{Case, Room, row, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// The smallest integer not below a number, with dy = 0.
#[derive(Clone, Debug)]
pub struct Ceil;

lanes!(Lane, |_, [x]| x.ceil());

impl<T: Real> Elementwise<1, T> for Ceil {
    const NAME: &'static str = "ceil";
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
    /// The smallest integer not below a number, element by element: piecewise constant, so all derivatives are 0.
    #[must_use]
    #[track_caller]
    pub fn ceil(&self) -> Self {
        T::apply(T::boxed(Ceil), &[self])
    }
}

impl Room for Ceil {
    const NAME: &'static str = "ceil";
    const FORMULA: &'static str = "y = ceil x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| x.ceil() * x.square(), &[0.7, -0.6, 2.3, -3.7, 30.2, -1000.3, 0.2, 1e-8]);
        cases.extend(
            [(1.0, [1.0, 0.0, 0.0, 0.0]), (-0.0, [0.0; 4])]
                .map(|(x, d)| Case::new(format!("at {x}"), vec![row(&[x])], |x| x[0].ceil()).expect_all(d)),
        );
        cases
    }
}
