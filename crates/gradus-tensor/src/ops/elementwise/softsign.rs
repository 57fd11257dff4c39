//! Softsign, a squashing without exponentials.

use crate::case::{Case, Room, known, row, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = x/(1 + |x|), with dy = dx/(1 + |x|)². At 0 the second and third derivatives are 0, as those of |x| are.
#[derive(Clone, Debug)]
pub struct Softsign;

lanes!(Lane, |_, [x]| if x.abs() == T::INFINITY {
    if x > T::ZERO { T::ONE } else { -T::ONE }
} else {
    x / (T::ONE + x.abs())
});

impl<T: Real> Elementwise<1, T> for Softsign {
    const NAME: &'static str = "softsign";
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        (x.abs() + 1.0).recip().square().into()
    }
}

impl<T: Real> Tensor<T> {
    /// y = x / (1 + |x|), element by element.
    #[must_use]
    #[track_caller]
    pub fn softsign(&self) -> Self {
        T::apply(T::boxed(Softsign), &[self])
    }
}

impl Room for Softsign {
    const NAME: &'static str = "softsign";
    const FORMULA: &'static str = "y = x / (1 + |x|)";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(Tensor::softsign, &[1.0, -1.0, 0.3, -30.0, 1e3]);
        cases.extend(
            [(0.0, [0.0, 1.0, 0.0, 0.0]), (-0.0, [0.0, 1.0, 0.0, 0.0])]
                .map(|(x, d)| Case::new(format!("at {x}"), vec![row(&[x])], |x| x[0].softsign()).expect_all(d)),
        );
        cases.extend(known("softsign", Tensor::softsign));
        cases
    }
}
