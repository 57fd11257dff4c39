//! The absolute value.

use crate::case::{Case, Room, row, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = |x|, with dy = sign(x) dx (0 at 0).
#[derive(Clone, Debug)]
pub struct Abs;

lanes!(Lane, |_, [x]| x.abs());
lanes!(Pull, |_, [x, g]| if x > T::ZERO {
    g
} else if x < T::ZERO {
    -g
} else {
    T::ZERO
});

impl<T: Real> Elementwise<1, T> for Abs {
    const NAME: &'static str = "abs";
    const PULL: bool = true;
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        x.sign().into()
    }
    fn pull(&self, _: usize, [x]: [&[T]; 1], _: &[T], g: &[T], out: &mut [T]) {
        map(Pull, [x, g], out);
    }
}

impl<T: Real> Tensor<T> {
    /// |x|, element by element. The derivative at 0 is 0.
    #[must_use]
    #[track_caller]
    pub fn abs(&self) -> Self {
        T::apply(T::boxed(Abs), &[self])
    }
}

impl Room for Abs {
    const NAME: &'static str = "abs";
    const FORMULA: &'static str = "y = |x|";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| x.abs() * x, &[1.0, -1.0, 0.3, -30.0, 1e-3, 1e4, -1e-8, 2.5]);
        cases.extend(
            [(0.0, [0.0; 4]), (-0.0, [0.0; 4])]
                .map(|(x, d)| Case::new(format!("at {x}"), vec![row(&[x])], |x| x[0].abs()).expect_all(d)),
        );
        cases
    }
}
