//! The exponential.

use crate::case::{Case, Room, known, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map, map_near};

/// y = eˣ, with dy = y dx.
#[derive(Clone, Debug)]
pub struct Exp;

lanes!(Lane, |s, [x]| x.exp(s));
lanes!(Near, |s, [x]| x.exp_near(s));
lanes!(Pull, |_, [y, g]| g * y);

impl<T: Real> Elementwise<1, T> for Exp {
    const NAME: &'static str = "exp";
    const PULL: bool = true;
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map_near(Near, Lane, T::is_near_for_exp, x, y);
    }
    fn partial(&self, _: usize, _: [&Tensor<T>; 1], y: &Tensor<T>) -> Slot<T> {
        y.clone().into()
    }
    fn pull(&self, _: usize, _: [&[T]; 1], y: &[T], g: &[T], out: &mut [T]) {
        map(Pull, [y, g], out);
    }
}

impl<T: Real> Tensor<T> {
    /// eˣ, element by element.
    #[must_use]
    #[track_caller]
    pub fn exp(&self) -> Self {
        T::apply(T::boxed(Exp), &[self])
    }
}

impl Room for Exp {
    const NAME: &'static str = "exp";
    const FORMULA: &'static str = "y = eˣ";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| x.exp(), &[0.0, -0.0, 1.0, -1.0, 2.5, -30.0, 30.0, -745.0]);
        cases.extend(known("exp", Tensor::exp));
        cases
    }
}
