//! The hyperbolic tangent.

use crate::case::{Case, Room, known, row, spread, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = tanh x, with dy = (1 − y²) dx.
#[derive(Clone, Debug)]
pub struct Tanh;

lanes!(Lane, |s, [x]| x.tanh(s));

/// The rule of [`Tanh`] as an op, v (1 − y²): what is differentiated again is one node, not three.
#[derive(Clone, Debug)]
pub struct TanhRule;

lanes!(Pull, |_, [y, v]| v * (T::ONE - y * y));
lanes!(PullAgain, |_, [y, v, g]| g * (v * y * -(T::ONE + T::ONE)));

impl<T: Real> Elementwise<1, T> for Tanh {
    const NAME: &'static str = "tanh";
    const PULL: bool = true;
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, _: [&Tensor<T>; 1], y: &Tensor<T>) -> Slot<T> {
        (1 - y.square()).into()
    }
    fn along(&self, _: usize, v: &Tensor<T>, _: [&Tensor<T>; 1], y: &Tensor<T>) -> Slot<T> {
        T::apply(T::boxed(TanhRule), &[y, v]).into()
    }
    fn pull(&self, _: usize, _: [&[T]; 1], y: &[T], g: &[T], out: &mut [T]) {
        map(Pull, [y, g], out);
    }
}

impl<T: Real> Elementwise<2, T> for TanhRule {
    const NAME: &'static str = "tanh_rule";
    const PULL: bool = true;
    fn eval(&self, x: [&[T]; 2], out: &mut [T]) {
        map(Pull, x, out);
    }
    fn partial(&self, i: usize, [y, v]: [&Tensor<T>; 2], _: &Tensor<T>) -> Slot<T> {
        if i == 0 { (v * y * -2).into() } else { (1 - y.square()).into() }
    }
    fn pull(&self, i: usize, [y, v]: [&[T]; 2], _: &[T], g: &[T], out: &mut [T]) {
        if i == 0 { map(PullAgain, [y, v, g], out) } else { map(Pull, [y, g], out) }
    }
}

impl<T: Real> Tensor<T> {
    /// tanh x, element by element.
    #[must_use]
    #[track_caller]
    pub fn tanh(&self) -> Self {
        T::apply(T::boxed(Tanh), &[self])
    }
}

impl Room for Tanh {
    const NAME: &'static str = "tanh";
    const FORMULA: &'static str = "y = tanh x";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| x.tanh(), &[0.0, -0.0, 0.5, -1.0, 3.0, -3.0, 20.0, -20.0, 400.0]);
        cases.extend(known("tanh", Tensor::tanh));
        cases
    }
}

impl Room for TanhRule {
    const NAME: &'static str = "tanh_rule";
    const FORMULA: &'static str = "r = v (1 − y²)";
    #[inline]
    fn cases() -> Vec<Case> {
        let of = |x: &[Tensor<f64>]| f64::apply(f64::boxed(TanhRule), &[&x[0], &x[1]]);
        let (y, v) = (row(&[0.0, -0.0, 0.5, -1.0, 1.0, 0.3]), row(&[1.0, 0.0, -2.0, 3.0, -0.0, 0.7]));
        vec![
            Case::new("at points", vec![y.clone(), v.clone()], move |x| of(x).square()),
            Case::new("of one tensor", vec![v], move |x| of(&[x[0].clone(), x[0].clone()])),
            Case::new("empty", vec![row(&[]), row(&[])], of),
            Case::new("broadcast", vec![spread(&[2, 1], 1), spread(&[3], 2)], move |x| of(x).exp()),
            Case::new("against its formula", vec![y.clone(), y], move |x| (of(x) - &x[1] * (1 - x[0].square())).exp())
                .expect_all([6.0, 0.0, 0.0, 0.0]),
        ]
    }
}
