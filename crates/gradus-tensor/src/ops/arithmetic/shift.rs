//! A tensor plus a plain number.

use crate::case::{Case, Room, unary};
use crate::node::Tensor;
use crate::op::{Op, Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::{Isa, Map, View, elementwise, map};

/// y = x + c, with dy = dx.
#[derive(Clone, Debug)]
pub struct Shift(pub(crate) f64);

#[derive(Clone, Copy)]
struct Lane<T>(T);
impl<T: Real> Map<T, 1> for Lane<T> {
    #[inline(always)]
    fn at<S: Isa>(self, _: S, [x]: [T; 1]) -> T {
        x + self.0
    }
}

impl<T: Real> Op<T> for Shift {
    fn name(&self) -> &str {
        <Self as Room>::NAME
    }
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        Ok(x[0].into())
    }
    fn keeps_shape(&self) -> bool {
        true
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], _: &mut [T]) {
        elementwise([x[0]], out, |x, y| map(Lane(T::from_f64(self.0)), x, y));
    }
    fn vjp(&self, _: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Slots<T> {
        std::iter::once(g.clone().into()).collect()
    }
    fn jvp(&self, _: &Point<'_, T>, t: &[Slot<T>]) -> Slot<T> {
        t[0].clone()
    }
}

impl<T: Real> Tensor<T> {
    #[track_caller]
    pub(crate) fn shift(&self, by: f64) -> Self {
        T::apply(T::boxed(Shift(by)), &[self])
    }
}

impl Room for Shift {
    const NAME: &'static str = "shift";
    const FORMULA: &'static str = "y = x + c";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| (x + 3.0).square(), &[1.0, 0.0, -0.0, -2.5, -3.0]);
        cases.extend(unary(|x| 1 - x, &[1.0, 0.0]));
        cases
    }
}
