//! The rectifier.

use crate::case::{Case, Room, row, spread, unary};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = max(x, 0), with dy = dx for x > 0, else 0 (0 at 0).
#[derive(Clone, Debug)]
pub struct Relu;

/// The rule of [`Relu`] as an op, v where x > 0, else 0: one node where it is differentiated again, and 0 also for an infinite v.
#[derive(Clone, Debug)]
pub struct ReluRule;

// NaN passes: `x < 0` is false for it.
lanes!(Lane, |_, [x]| if x < T::ZERO { T::ZERO } else { x });
lanes!(Pull, |_, [x, v]| if x > T::ZERO { v } else { T::ZERO });

impl<T: Real> Elementwise<1, T> for Relu {
    const NAME: &'static str = "relu";
    const PULL: bool = true;
    fn eval(&self, x: [&[T]; 1], y: &mut [T]) {
        map(Lane, x, y);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        x.step().into()
    }
    fn along(&self, _: usize, v: &Tensor<T>, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        T::apply(T::boxed(ReluRule), &[x, v]).into()
    }
    fn pull(&self, _: usize, [x]: [&[T]; 1], _: &[T], g: &[T], out: &mut [T]) {
        map(Pull, [x, g], out);
    }
}

impl<T: Real> Elementwise<2, T> for ReluRule {
    const NAME: &'static str = "relu_rule";
    const PULL: bool = true;
    fn eval(&self, x: [&[T]; 2], out: &mut [T]) {
        map(Pull, x, out);
    }
    fn partial(&self, i: usize, [x, _]: [&Tensor<T>; 2], _: &Tensor<T>) -> Slot<T> {
        if i == 0 { Slot::Zero } else { x.step().into() }
    }
    fn along(&self, _: usize, u: &Tensor<T>, [x, _]: [&Tensor<T>; 2], _: &Tensor<T>) -> Slot<T> {
        T::apply(T::boxed(ReluRule), &[x, u]).into()
    }
    fn pull(&self, _: usize, [x, _]: [&[T]; 2], _: &[T], g: &[T], out: &mut [T]) {
        map(Pull, [x, g], out);
    }
    fn is_locally_constant(&self, i: usize) -> bool {
        i == 0
    }
}

impl<T: Real> Tensor<T> {
    /// max(x, 0), element by element. The derivative at 0 is 0, as in PyTorch.
    #[must_use]
    #[track_caller]
    pub fn relu(&self) -> Self {
        T::apply(T::boxed(Relu), &[self])
    }
}

impl Room for Relu {
    const NAME: &'static str = "relu";
    const FORMULA: &'static str = "y = max(x, 0)";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| x.relu().square(), &[1.0, -1.0, 2.5, -0.5, 30.0, 1e-8, -1e-8, 1e4, -1e4]);
        cases.extend([0.0, -0.0].map(|x| {
            Case::new(format!("at {x}"), vec![Tensor::from_slice(&[1], &[x])], |x| x[0].relu()).expect_all([0.0; 4])
        }));
        cases
    }
}

impl Room for ReluRule {
    const NAME: &'static str = "relu_rule";
    const FORMULA: &'static str = "r = v where x > 0, else 0";
    #[inline]
    fn cases() -> Vec<Case> {
        let of = |x: &[Tensor<f64>]| f64::apply(f64::boxed(ReluRule), &[&x[0], &x[1]]);
        let (x, v) = (row(&[1.0, -1.0, 2.5, -0.5]), row(&[0.3, 2.0, -1.5, 0.0]));
        vec![
            Case::new("at points", vec![x.clone(), v.clone()], move |x| of(x).square()),
            Case::new("at 0", vec![row(&[0.0, -0.0]), row(&[1.0, 2.0])], move |x| of(x).exp())
                .expect_all([2.0, 0.0, 0.0, 0.0]),
            Case::new("of one tensor", vec![v], move |x| of(&[x[0].exp(), x[0].clone()]).square()),
            Case::new("empty", vec![row(&[]), row(&[])], of),
            Case::new("broadcast", vec![row(&[0.5]), spread(&[2, 3], 2)], move |x| of(x).exp()),
            Case::new("against its formula", vec![x.clone(), x], move |x| (of(x) - &x[1] * x[0].step()).exp())
                .expect_all([4.0, 0.0, 0.0, 0.0]),
        ]
    }
}
