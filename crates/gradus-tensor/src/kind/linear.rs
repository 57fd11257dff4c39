//! Linear ops: each is the derivative of its adjoint, at every order.

use crate::node::Tensor;
use crate::op::{Op, Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::{Dims, Layout};
use gradus_kernels::View;
use std::fmt::Debug;

/// y linear in all inputs together: y = Σᵢ Aᵢ xᵢ.
pub trait Linear<T: Real>:
    Clone + Debug + Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe + 'static
{
    /// The name in messages and tables.
    const NAME: &'static str;
    /// Whether the door first broadcasts the inputs to one shape.
    const BROADCASTS: bool = false;
    /// Whether the output always has the shape of the first input.
    const KEEPS_SHAPE: bool = false;

    /// The output's shape, or why the inputs do not fit.
    fn shape(&self, inputs: &[&[usize]]) -> Result<Dims, Refusal>;

    /// The output as another layout of the input's buffer, where no numbers move.
    fn view(&self, _input: &Layout) -> Option<Layout> {
        None
    }

    /// Numbers in, numbers out.
    fn eval(&self, inputs: &[View<'_, T>], out: &mut [T]);

    /// Aᵢᵀ g as maths on tensors; `shapes` are those of the inputs.
    fn adjoint(&self, i: usize, g: &Tensor<T>, shapes: &[&[usize]]) -> Tensor<T>;

    /// Adds Aᵢᵀ g to `sum`, row-major, where that is less work than making it apart; false where nothing was done.
    fn adjoint_into(&self, _i: usize, _g: View<'_, T>, _shapes: &[&[usize]], _sum: &mut [T]) -> bool {
        false
    }

    /// The op applied to tangents, `None` being zero. By default zeros are filled in.
    fn apply_to(&self, tangents: &[Option<&Tensor<T>>], shapes: &[&[usize]]) -> Tensor<T> {
        apply_filled(Box::new(Straight(self.clone())), tangents, shapes)
    }
}

/// The [`Op`] of a [`Linear`].
#[derive(Clone, Debug)]
pub struct Straight<O>(pub O);

impl<T: Real, O: Linear<T>> Op<T> for Straight<O> {
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
        self.0.shape(inputs)
    }

    fn view(&self, input: &Layout) -> Option<Layout> {
        self.0.view(input)
    }

    fn eval(&self, inputs: &[View<'_, T>], out: &mut [T], _aux: &mut [T]) {
        self.0.eval(inputs, out);
    }

    fn vjp(&self, at: &Point<'_, T>, g: &Tensor<T>, wanted: &[bool]) -> Slots<T> {
        let shapes = shapes(at.inputs);
        let mut slots = Slots::new();
        for i in 0..at.inputs.len() {
            slots.push(if wanted[i] { self.0.adjoint(i, g, &shapes).into() } else { Slot::Zero });
        }
        slots
    }

    fn pull_into(&self, i: usize, at: &Point<'_, T>, g: &Tensor<T>, sum: &mut [T]) -> bool {
        self.0.adjoint_into(i, g.view(), &shapes(at.inputs), sum)
    }

    fn jvp(&self, at: &Point<'_, T>, tangents: &[Slot<T>]) -> Slot<T> {
        self.0.apply_to(&parts(tangents), &shapes(at.inputs)).into()
    }
}

// Apart from the ops, so that each is compiled once and not for every op.

fn apply_filled<T: Real>(op: Box<dyn Op<T>>, tangents: &[Option<&Tensor<T>>], shapes: &[&[usize]]) -> Tensor<T> {
    let filled: Vec<Tensor<T>> =
        tangents.iter().zip(shapes).map(|(t, s)| t.map_or_else(|| Tensor::zeros(s), Tensor::clone)).collect();
    T::apply(op, &filled.iter().collect::<Vec<_>>())
}

fn parts<T: Real>(tangents: &[Slot<T>]) -> Vec<Option<&Tensor<T>>> {
    tangents.iter().map(Slot::tensor).collect()
}

fn shapes<T: Real>(x: &[Tensor<T>]) -> smallvec::SmallVec<[&[usize]; 3]> {
    x.iter().map(Tensor::shape).collect()
}
