//! A tensor times a plain number.

use crate::case::{Case, Room, unary};
use crate::kind::Linear;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::{Isa, Map, View, elementwise, map};

/// y = c · x, or x / c.
#[derive(Clone, Debug)]
pub struct Scale {
    pub(crate) by: f64,
    pub(crate) divide: bool,
}

#[derive(Clone, Copy)]
struct Lane<T, const DIVIDE: bool>(T);
impl<T: Real, const DIVIDE: bool> Map<T, 1> for Lane<T, DIVIDE> {
    #[inline(always)]
    fn at<S: Isa>(self, _: S, [x]: [T; 1]) -> T {
        if DIVIDE { x / self.0 } else { x * self.0 }
    }
}

impl<T: Real> Linear<T> for Scale {
    const NAME: &'static str = "scale";
    const KEEPS_SHAPE: bool = true;
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        Ok(x[0].into())
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        let c = T::from_f64(self.by);
        if self.divide {
            elementwise([x[0]], out, |x, y| map(Lane::<T, true>(c), x, y));
        } else {
            elementwise([x[0]], out, |x, y| map(Lane::<T, false>(c), x, y));
        }
    }
    fn adjoint(&self, _: usize, g: &Tensor<T>, _: &[&[usize]]) -> Tensor<T> {
        T::apply(T::boxed(self.clone()), &[g])
    }
}

impl<T: Real> Tensor<T> {
    #[track_caller]
    pub(crate) fn scale(&self, by: f64) -> Self {
        T::apply(T::boxed(Scale { by, divide: false }), &[self])
    }

    #[track_caller]
    pub(crate) fn divide_by(&self, by: f64) -> Self {
        T::apply(T::boxed(Scale { by, divide: true }), &[self])
    }
}

impl Room for Scale {
    const NAME: &'static str = "scale";
    const FORMULA: &'static str = "y = c · x, or x / c";
    #[inline]
    fn cases() -> Vec<Case> {
        let mut cases = unary(|x| (x * 3.0).square(), &[1.0, 0.0, -0.0, -2.5, 1e3]);
        cases.extend(unary(|x| x / 3, &[1.0, 0.0]));
        cases.extend(unary(|x| 0.0 * x, &[1.0]));
        cases.extend(unary(|x| -x, &[1.0, -0.0]));
        cases
    }
}
