//! What the engine asks of an op. Rooms rarely implement this trait: they implement a *kind* and the engine derives the rest.

use crate::node::Tensor;
use crate::real::Real;
use crate::shape::{Dims, Layout};
use gradus_kernels::View;
use smallvec::SmallVec;
use std::fmt::Debug;

/// A derivative: exactly zero by mathematics (and still connected), or a tensor.
#[derive(Clone, Debug)]
pub enum Slot<T: Real> {
    /// Zero: nothing is computed, but the input counts as connected.
    Zero,
    /// These numbers.
    Of(Tensor<T>),
}

impl<T: Real> From<Tensor<T>> for Slot<T> {
    fn from(x: Tensor<T>) -> Self {
        Slot::Of(x)
    }
}

impl<T: Real> Slot<T> {
    /// The tensor, where it is not zero.
    pub fn tensor(&self) -> Option<&Tensor<T>> {
        match self {
            Slot::Zero => None,
            Slot::Of(x) => Some(x),
        }
    }

    /// The tensor; zeros of `shape` where it is zero.
    pub fn or_zeros(self, shape: &[usize]) -> Tensor<T> {
        match self {
            Slot::Zero => Tensor::zeros(shape),
            Slot::Of(x) => x,
        }
    }

    /// The sum of two slots.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Slot::Of(a), Slot::Of(b)) => Slot::Of(crate::backward::add(a, b)),
            (Slot::Zero, s) | (s, Slot::Zero) => s,
        }
    }

    /// The slot with `f` applied where it is not zero.
    #[must_use]
    pub fn map(self, f: impl FnOnce(Tensor<T>) -> Tensor<T>) -> Self {
        match self {
            Slot::Zero => Slot::Zero,
            Slot::Of(x) => Slot::Of(f(x)),
        }
    }
}

/// One slot an input.
pub type Slots<T> = SmallVec<[Slot<T>; 3]>;

/// Why an op refuses its inputs' shapes: the whole message.
pub type Refusal = String;

/// The point at which a rule is evaluated: recorded inputs and output, and what `eval` left in its aux buffer.
///
/// `aux` is for numbers that only the first-order backward may use: a rule that records must not treat it as a constant.
pub struct Point<'a, T: Real> {
    /// The op's inputs.
    pub inputs: &'a [Tensor<T>],
    /// The op's output.
    pub output: &'a Tensor<T>,
    /// What `eval` left for the backward.
    pub aux: &'a [T],
}

/// An op: a value that can be evaluated, pulled back and pushed forward.
pub trait Op<T: Real>: Debug + Send + Sync + std::panic::UnwindSafe + std::panic::RefUnwindSafe + 'static {
    /// The name in messages and tables.
    fn name(&self) -> &str;

    /// Whether the door first broadcasts all inputs to one shape.
    fn broadcasts(&self) -> bool {
        false
    }

    /// The output's shape, or why the inputs do not fit.
    fn shape(&self, inputs: &[&[usize]]) -> Result<Dims, Refusal>;

    /// Whether the output always has the shape of the first input: then the door does not ask for it.
    fn keeps_shape(&self) -> bool {
        false
    }

    /// The output as another layout of the first input's buffer, where the op moves no numbers.
    fn view(&self, _input: &Layout) -> Option<Layout> {
        None
    }

    /// How many numbers `eval` leaves for the first-order backward.
    fn aux_len(&self, _inputs: &[&[usize]]) -> usize {
        0
    }

    /// Numbers in, numbers out. `out` and `aux` hold stale numbers.
    fn eval(&self, inputs: &[View<'_, T>], out: &mut [T], aux: &mut [T]);

    /// Whether all derivatives with respect to input `i` are zero although the value depends on it.
    fn is_locally_constant(&self, _i: usize) -> bool {
        false
    }

    /// The cotangents of the wanted inputs for the cotangent `g` of the output, as maths on tensors.
    /// Slots of inputs that are not wanted are ignored.
    fn vjp(&self, at: &Point<'_, T>, g: &Tensor<T>, wanted: &[bool]) -> Slots<T>;

    /// Adds the cotangent of input `i` to `sum`, row-major numbers of its shape, where that is less work than making it apart: a slice
    /// touches only its part, a product adds as it goes. For the first order only. False where nothing was done.
    fn pull_into(&self, _i: usize, _at: &Point<'_, T>, _g: &Tensor<T>, _sum: &mut [T]) -> bool {
        false
    }

    /// The tangent of the output, as maths on tensors.
    fn jvp(&self, at: &Point<'_, T>, tangents: &[Slot<T>]) -> Slot<T>;
}

/// An op that can be made for either number type: written by the lists in `ops/*/mod.rs`, so that bodies are compiled once, here.
#[doc(hidden)]
pub trait Boxed {
    fn f32(self) -> Box<dyn Op<f32>>;
    fn f64(self) -> Box<dyn Op<f64>>;
}
