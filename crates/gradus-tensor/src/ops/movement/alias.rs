//! y = x, as a node of its own: what transforms hand to their closures.

use crate::case::{Case, Room, row};
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
    fn cases() -> Vec<Case> {
        vec![Case::new("a row", vec![row(&[1.0, -2.0, 0.5])], |x| alias(&x[0]) * alias(&x[0]))]
    }
}
