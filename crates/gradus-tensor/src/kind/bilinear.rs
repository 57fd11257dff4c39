//! Bilinear ops: products, matrix products, convolutions.

use crate::node::Tensor;
use crate::op::{Op, Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::View;
use std::fmt::Debug;

/// y linear in a for fixed b, and in b for fixed a.
pub trait Bilinear<T: Real>:
    Clone + Debug + Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe + 'static
{
    /// The name in messages and tables.
    const NAME: &'static str;
    /// Whether the door first broadcasts both inputs to one shape.
    const BROADCASTS: bool = false;
    /// Whether the output always has the shape of the first input.
    const KEEPS_SHAPE: bool = false;

    /// The output's shape, or why the inputs do not fit.
    fn shape(&self, a: &[usize], b: &[usize]) -> Result<Dims, Refusal>;

    /// Numbers in, numbers out; operands may be strided.
    fn eval(&self, a: View<'_, T>, b: View<'_, T>, out: &mut [T]);

    /// The op itself, applied through the door.
    fn apply(&self, a: &Tensor<T>, b: &Tensor<T>) -> Tensor<T> {
        T::apply(Box::new(Product(self.clone())), &[a, b])
    }

    /// Adds the cotangent of a (i = 0) or b (i = 1) to `sum`, row-major, where a kernel adds as it goes; false where nothing was done.
    fn adjoint_into(&self, _i: usize, _g: View<'_, T>, _a: View<'_, T>, _b: View<'_, T>, _sum: &mut [T]) -> bool {
        false
    }

    /// The adjoint of a ↦ y at fixed b, applied to g; `a` gives the shape only.
    fn left(&self, g: &Tensor<T>, b: &Tensor<T>, a: &[usize]) -> Tensor<T>;

    /// The adjoint of b ↦ y at fixed a, applied to g; `b` gives the shape only.
    fn right(&self, g: &Tensor<T>, a: &Tensor<T>, b: &[usize]) -> Tensor<T>;
}

/// The [`Op`] of a [`Bilinear`].
#[derive(Clone, Debug)]
pub struct Product<O>(pub O);

impl<T: Real, O: Bilinear<T>> Op<T> for Product<O> {
    fn name(&self) -> &str {
        O::NAME
    }

    fn broadcasts(&self) -> bool {
        O::BROADCASTS
    }

    fn keeps_shape(&self) -> bool {
        O::KEEPS_SHAPE
    }

    fn shape(&self, inputs: &[&[usize]]) -> Result<Dims, Refusal> {
        self.0.shape(inputs[0], inputs[1])
    }

    fn eval(&self, inputs: &[View<'_, T>], out: &mut [T], _aux: &mut [T]) {
        self.0.eval(inputs[0], inputs[1], out);
    }

    fn vjp(&self, at: &Point<'_, T>, g: &Tensor<T>, wanted: &[bool]) -> Slots<T> {
        let (a, b) = (&at.inputs[0], &at.inputs[1]);
        let left = if wanted[0] { self.0.left(g, b, a.shape()).into() } else { Slot::Zero };
        let right = if wanted[1] { self.0.right(g, a, b.shape()).into() } else { Slot::Zero };
        smallvec::smallvec![left, right]
    }

    fn pull_into(&self, i: usize, at: &Point<'_, T>, g: &Tensor<T>, sum: &mut [T]) -> bool {
        self.0.adjoint_into(i, g.view(), at.inputs[0].view(), at.inputs[1].view(), sum)
    }

    fn jvp(&self, at: &Point<'_, T>, tangents: &[Slot<T>]) -> Slot<T> {
        let (a, b) = (&at.inputs[0], &at.inputs[1]);
        let left = tangents[0].clone().map(|da| self.0.apply(&da, b));
        let right = tangents[1].clone().map(|db| self.0.apply(a, &db));
        left.plus(right)
    }
}
