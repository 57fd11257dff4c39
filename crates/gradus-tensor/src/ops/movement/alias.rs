//! y = x, as a node of its own: what transforms hand to their closures.

use crate::case::{Case, Room, row, spread};
use crate::kind::Linear;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use crate::shape::{Dims, Layout};
use gradus_kernels::View;

/// y = x.
#[derive(Clone, Debug)]
pub struct Alias;

impl<T: Real> Linear<T> for Alias {
    const NAME: &'static str = "alias";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        Ok(x[0].into())
    }
    fn view(&self, x: &Layout) -> Option<Layout> {
        Some(x.clone())
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        x[0].copy_to(out);
    }
    fn adjoint(&self, _: usize, g: &Tensor<T>, _: &[&[usize]]) -> Tensor<T> {
        g.clone()
    }
}

/// A tracked node of its own with the numbers of `x`: connected to `x` where that is tracked, else a new leaf.
pub(crate) fn alias<T: Real>(x: &Tensor<T>) -> Tensor<T> {
    if x.is_tracked() { T::apply(T::boxed(Alias), &[x]) } else { x.tracked() }
}

impl Room for Alias {
    const NAME: &'static str = "alias";
    const FORMULA: &'static str = "y = x";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, shape: &[usize]| {
            Case::new(label, vec![spread(shape, 1)], |x| alias(&x[0]) * alias(&x[0]).exp())
        };
        vec![
            on("rank 0", &[]),
            on("one", &[1]),
            on("empty", &[0, 2]),
            on("a matrix", &[2, 3]),
            on("three axes", &[2, 1, 2]),
            Case::new("a row", vec![row(&[1.0, -2.0, 0.5])], |x| alias(&x[0]) * alias(&x[0])),
            Case::new("0 and −0", vec![row(&[0.0, -0.0])], |x| alias(&x[0])).expect_all([0.0, 2.0, 0.0, 0.0]),
            Case::new("huge", vec![row(&[1e300])], |x| alias(&x[0])).expect_all([1e300, 1.0, 0.0, 0.0]),
            Case::new("infinite", vec![row(&[f64::INFINITY])], |x| alias(&x[0])).expect_all([
                f64::INFINITY,
                1.0,
                0.0,
                0.0,
            ]),
            Case::new("of a transpose", vec![spread(&[2, 3], 1)], |x| alias(&x[0].t()).square()),
            Case::new("of a broadcast", vec![spread(&[3], 1)], |x| alias(&x[0].broadcast_to(&[2, 3])).square()),
            Case::new("of itself", vec![spread(&[3], 1)], |x| alias(&alias(&x[0])).exp()),
        ]
    }
}
