//! What passes a gate: a number times a slope, and 0 where the slope is 0.

use crate::case::{Case, Room, row, spread};
use crate::kind::Elementwise;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use gradus_kernels::{lanes, map};

/// y = v m, and 0 where m = 0, also for an infinite v, with dy = m dv: m is the slope of a piecewise linear function, and as constant.
#[derive(Clone, Debug)]
pub struct Gate;

lanes!(pub(crate) Times, |_, [v, m]| if m == T::ZERO { T::ZERO } else { v * m });

impl<T: Real> Elementwise<2, T> for Gate {
    const NAME: &'static str = "gate";
    const PULL: bool = true;
    const PIECEWISE: bool = true;
    fn eval(&self, x: [&[T]; 2], y: &mut [T]) {
        map(Times, x, y);
    }
    fn partial(&self, i: usize, [_, m]: [&Tensor<T>; 2], _: &Tensor<T>) -> Slot<T> {
        if i == 0 { m.clone().into() } else { Slot::Zero }
    }
    fn pull(&self, _: usize, [_, m]: [&[T]; 2], _: &[T], g: &[T], out: &mut [T]) {
        map(Times, [g, m], out);
    }
    fn is_locally_constant(&self, i: usize) -> bool {
        i == 1
    }
}

/// v times the slope m of a piecewise linear function, 0 where that is 0.
#[track_caller]
pub(crate) fn gate<T: Real>(v: &Tensor<T>, m: &Tensor<T>) -> Tensor<T> {
    T::apply(T::boxed(Gate), &[v, m])
}

impl Room for Gate {
    const NAME: &'static str = "gate";
    const FORMULA: &'static str = "y = v m, 0 where m = 0";
    #[inline]
    fn cases() -> Vec<Case> {
        // As it is used: m is a slope, constant around the point.
        let of = |x: &[Tensor<f64>]| gate(&x[0], &(x[1].step() * 2 - (-&x[1]).step()));
        let (v, x) = (row(&[0.3, 2.0, -1.5, 0.0]), row(&[1.0, -1.0, 2.5, -0.5]));
        vec![
            Case::new("at points", vec![v.clone(), x.clone()], move |x| of(x).square()),
            Case::new("where m = 0", vec![row(&[1.0, 2.0]), row(&[0.0, -0.0])], move |x| of(x).exp())
                .expect_all([2.0, 0.0, 0.0, 0.0]),
            Case::new("of one tensor", vec![v.clone()], move |x| of(&[x[0].clone(), x[0].exp()]).square()),
            Case::new("empty", vec![row(&[]), row(&[])], of),
            Case::new("broadcast", vec![spread(&[2, 3], 2), row(&[0.5])], move |x| of(x).exp()),
            Case::new("against its formula", vec![v, x], move |x| {
                (of(x) - &x[0] * (x[1].step() * 2 - (-&x[1]).step())).exp()
            })
            .expect_all([4.0, 0.0, 0.0, 0.0]),
        ]
    }
}
