//! The sign of a number.

use crate::case::{Case, Room, row, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = −1, 0 or 1 as x is below, at or above 0, with dy = 0. NaN passes.
#[derive(Clone, Debug)]
pub struct Sign;

lanes!(Lane, |_, [x]| if x > T::ZERO {
    T::ONE
} else if x < T::ZERO {
    -T::ONE
} else {
    x + T::ZERO
});

impl<T: Real> Elementwise<1, T> for Sign {
    const NAME: &'static str = "sign";
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
    /// −1, 0 or 1 as x is below, at or above 0, element by element: piecewise constant, so all derivatives are 0.
    #[must_use]
    #[track_caller]
    pub fn sign(&self) -> Self {
        T::apply(T::boxed(Sign), &[self])
    }
}

impl Room for Sign {
    const NAME: &'static str = "sign";
    const FORMULA: &'static str = "y = sign x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| x.sign() * x.square(), &[0.7, -0.6, 2.3, -3.7, 30.2, -1000.3, 0.2, 1e-8]);
        cases.extend(
            [(0.0, [0.0; 4]), (-0.0, [0.0; 4])]
                .map(|(x, d)| Case::new(format!("at {x}"), vec![row(&[x])], |x| x[0].sign()).expect_all(d)),
        );
        cases
    }
}
