//! Fused ops: a fast kernel for value and first-order backward, and a twin in primitive ops for every other derivative.

use crate::backward::{Plan, Want};
use crate::node::Tensor;
use crate::op::{Op, Point, Refusal, Slot, Slots};
use crate::ops::movement::alias::alias;
use crate::real::Real;
use crate::shape::Dims;
use crate::trace::is_recording;
use gradus_kernels::View;
use std::fmt::Debug;

/// An op in one pass, with its formula in primitive ops beside it.
///
/// Statistics that `eval` leaves in `aux` are seen by `backward` alone: under `create_graph` and in forward mode the engine records
/// [`twin`](Fused::twin) on the saved inputs and differentiates that, so that nothing is a constant that should not be.
pub trait Fused<T: Real>:
    Clone + Debug + Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe + 'static
{
    /// The name in messages and tables.
    const NAME: &'static str;

    /// The output's shape, or why the inputs do not fit.
    fn shape(&self, inputs: &[&[usize]]) -> Result<Dims, Refusal>;

    /// How many numbers `eval` leaves for `backward`.
    fn aux_len(&self, _inputs: &[&[usize]]) -> usize {
        0
    }

    /// Numbers in, numbers out.
    fn eval(&self, inputs: &[View<'_, T>], out: &mut [T], aux: &mut [T]);

    /// The first-order cotangents of the wanted inputs, as constants.
    fn backward(&self, at: &Point<'_, T>, g: &Tensor<T>, wanted: &[bool]) -> Slots<T>;

    /// Adds the first-order cotangent of input `i` to `sum`, row-major, where a kernel adds as it goes; false where nothing was done.
    fn backward_into(&self, _i: usize, _at: &Point<'_, T>, _g: View<'_, T>, _sum: &mut [T]) -> bool {
        false
    }

    /// The same value in primitive ops.
    fn twin(&self, inputs: &[Tensor<T>]) -> Tensor<T>;

    /// A closed rule in place of the twin's derivative, where speed of double backward counts; maths on tensors.
    fn closed(&self, _at: &Point<'_, T>, _g: &Tensor<T>, _wanted: &[bool]) -> Option<Slots<T>> {
        None
    }
}

/// The [`Op`] of a [`Fused`].
#[derive(Clone, Debug)]
pub struct Whole<O>(pub O);

impl<T: Real, O: Fused<T>> Op<T> for Whole<O> {
    fn name(&self) -> &str {
        O::NAME
    }

    fn shape(&self, inputs: &[&[usize]]) -> Result<Dims, Refusal> {
        self.0.shape(inputs)
    }

    fn aux_len(&self, inputs: &[&[usize]]) -> usize {
        self.0.aux_len(inputs)
    }

    fn eval(&self, inputs: &[View<'_, T>], out: &mut [T], aux: &mut [T]) {
        self.0.eval(inputs, out, aux);
    }

    fn vjp(&self, at: &Point<'_, T>, g: &Tensor<T>, wanted: &[bool]) -> Slots<T> {
        if !is_recording() {
            return self.0.backward(at, g, wanted);
        }
        if let Some(slots) = self.0.closed(at, g, wanted) {
            return slots;
        }
        let inputs = fresh(at.inputs);
        through(self.0.twin(&inputs), &inputs, g)
    }

    fn pull_into(&self, i: usize, at: &Point<'_, T>, g: &Tensor<T>, sum: &mut [T]) -> bool {
        self.0.backward_into(i, at, g.view(), sum)
    }

    fn jvp(&self, at: &Point<'_, T>, tangents: &[Slot<T>]) -> Slot<T> {
        let inputs = fresh(at.inputs);
        let y = crate::trace::transforming(|| self.0.twin(&inputs));
        along(y, &inputs, tangents)
    }
}

// Apart from the ops, so that each is compiled once and not for every op.

/// The recorded cotangents of `inputs` for the cotangent `g` of the twin's `y`.
fn through<T: Real>(y: Tensor<T>, inputs: &[Tensor<T>], g: &Tensor<T>) -> Slots<T> {
    let plan = Plan::new(std::slice::from_ref(&y), inputs);
    let mut slots: Slots<T> = inputs.iter().map(|_| Slot::Zero).collect();
    for (x, slot) in T::pull(plan, vec![(y, g.clone())], Want::Targets { record: true }) {
        if let Some(i) = inputs.iter().position(|input| input.is_same(&x)) {
            slots[i] = slot;
        }
    }
    slots
}

/// The tangent of the twin's `y` for those of `inputs`.
fn along<T: Real>(y: Tensor<T>, inputs: &[Tensor<T>], tangents: &[Slot<T>]) -> Slot<T> {
    let seeds: Vec<(Tensor<T>, Tensor<T>)> =
        inputs.iter().zip(tangents).filter_map(|(x, t)| Some((x.clone(), t.tensor()?.clone()))).collect();
    T::push(&[y], &seeds).pop().unwrap_or(Slot::Zero)
}

/// Recorded aliases of all inputs, so that each stands for one input alone.
fn fresh<T: Real>(inputs: &[Tensor<T>]) -> Vec<Tensor<T>> {
    crate::trace::transforming(|| inputs.iter().map(alias).collect())
}
