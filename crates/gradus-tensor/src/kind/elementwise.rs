//! Elementwise ops: one output element from the N input elements at its place. The Jacobian is diagonal, so vjp = jvp.

use crate::node::Tensor;
use crate::op::{Op, Point, Refusal, Slot, Slots};
use crate::ops::elementwise::gate::gate;
use crate::real::Real;
use crate::shape::Dims;
use crate::trace::is_recording;
use gradus_kernels::{View, elementwise};
use std::fmt::Debug;

/// y = f(x₀, …), element by element; the door broadcasts the inputs first.
pub trait Elementwise<const N: usize, T: Real>:
    Clone + Debug + Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe + 'static
{
    /// The name in messages and tables.
    const NAME: &'static str;
    /// Whether [`pull`](Elementwise::pull) is written.
    const PULL: bool = false;
    /// Whether y is piecewise linear, so that ∂y/∂x is constant around almost every point, and nothing passes where it is 0: not even an
    /// infinite cotangent.
    const PIECEWISE: bool = false;

    /// Evaluates contiguous runs of one length.
    fn eval(&self, x: [&[T]; N], y: &mut [T]);

    /// ∂y/∂xᵢ as maths on tensors; [`Slot::Zero`] where it is zero everywhere.
    fn partial(&self, i: usize, x: [&Tensor<T>; N], y: &Tensor<T>) -> Slot<T>;

    /// v · ∂y/∂xᵢ as maths on tensors: by [`partial`](Elementwise::partial), where a room has no op that does it in one pass.
    fn along(&self, i: usize, v: &Tensor<T>, x: [&Tensor<T>; N], y: &Tensor<T>) -> Slot<T> {
        self.partial(i, x, y).map(|d| if Self::PIECEWISE { gate(v, &d) } else { v * d })
    }

    /// g · ∂y/∂xᵢ in one pass over numbers, for the first order: the same as [`partial`](Elementwise::partial), faster.
    fn pull(&self, i: usize, x: [&[T]; N], y: &[T], g: &[T], out: &mut [T]) {
        let _ = (i, x, y, g, out);
        unreachable!("{}: PULL promises a pull that is not written", Self::NAME)
    }

    /// Whether ∂y/∂xᵢ is zero everywhere.
    fn is_locally_constant(&self, _i: usize) -> bool {
        false
    }
}

/// The [`Op`] of an [`Elementwise`].
#[derive(Clone, Debug)]
pub struct Pointwise<const N: usize, O>(pub O);

fn array<const N: usize, T: Real>(x: &[Tensor<T>]) -> [&Tensor<T>; N] {
    std::array::from_fn(|i| &x[i])
}

impl<const N: usize, T: Real, O: Elementwise<N, T>> Op<T> for Pointwise<N, O> {
    fn name(&self) -> &str {
        O::NAME
    }

    fn broadcasts(&self) -> bool {
        N > 1
    }

    fn shape(&self, inputs: &[&[usize]]) -> Result<Dims, Refusal> {
        Ok(inputs[0].into())
    }

    fn keeps_shape(&self) -> bool {
        true
    }

    fn eval(&self, inputs: &[View<'_, T>], out: &mut [T], _aux: &mut [T]) {
        let inputs: [View<'_, T>; N] = std::array::from_fn(|i| inputs[i]);
        elementwise(inputs, out, |x, y| self.0.eval(x, y));
    }

    fn is_locally_constant(&self, i: usize) -> bool {
        self.0.is_locally_constant(i)
    }

    fn vjp(&self, at: &Point<'_, T>, g: &Tensor<T>, wanted: &[bool]) -> Slots<T> {
        let mut slots = Slots::new();
        for i in 0..N {
            slots.push(if !wanted[i] || self.0.is_locally_constant(i) {
                Slot::Zero
            } else if O::PULL && !is_recording() {
                self.pull_numbers(i, at, g).into()
            } else {
                self.0.along(i, g, array(at.inputs), at.output)
            });
        }
        slots
    }

    fn jvp(&self, at: &Point<'_, T>, tangents: &[Slot<T>]) -> Slot<T> {
        let mut sum = Slot::Zero;
        for i in 0..N {
            if let Slot::Of(v) = &tangents[i]
                && !self.0.is_locally_constant(i)
            {
                sum = sum.plus(self.0.along(i, v, array(at.inputs), at.output));
            }
        }
        sum
    }
}

impl<const N: usize, O> Pointwise<N, O> {
    fn pull_numbers<T: Real>(&self, i: usize, at: &Point<'_, T>, g: &Tensor<T>) -> Tensor<T>
    where
        O: Elementwise<N, T>,
    {
        Tensor::build_like(g, |out| {
            let x: [View<'_, T>; N] = std::array::from_fn(|k| at.inputs[k].view());
            let (y, g) = (at.output.view(), g.view());
            match N {
                1 => elementwise([x[0], y, g], out, |[a, y, g], out| self.0.pull(i, [a; N], y, g, out)),
                2 => elementwise([x[0], x[1], y, g], out, |[a, b, y, g], out| {
                    self.0.pull(i, std::array::from_fn(|k| [a, b][k]), y, g, out);
                }),
                _ => elementwise([x[0], x[1], x[2], y, g], out, |[a, b, c, y, g], out| {
                    self.0.pull(i, std::array::from_fn(|k| [a, b, c][k]), y, g, out);
                }),
            }
        })
    }
}
