//! Gradient checkpointing: a stretch of a net whose inside is forgotten after the forward pass and computed again when it is differentiated.

use crate::backward::{Plan, Want};
use crate::message;
use crate::mode::Mode;
use crate::node::Tensor;
use crate::op::{Op, Point, Refusal, Slot, Slots};
use crate::ops::movement::alias::alias;
use crate::real::Real;
use crate::shape::{Dims, Layout};
use crate::trace::{is_recording, no_grad, transforming};
use crate::tree::Tree;
use gradus_kernels::View;
use rustc_hash::FxHashSet;
use smallvec::SmallVec;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

type Function<X, T> = dyn Fn(&X, &mut Mode) -> Tensor<T> + Send + Sync;

/// y = f(x), with x kept and everything between x and y forgotten. Its inputs are y's numbers, which it shares, and the leaves of x.
struct Checkpoint<X: Tree> {
    f: AssertUnwindSafe<Arc<Function<X, X::Elem>>>,
    /// x without its history: its shape as a tree.
    frame: AssertUnwindSafe<X>,
    /// The mode as it was before f, without updates of running statistics.
    mode: Mode,
}

impl<X: Tree> fmt::Debug for Checkpoint<X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Checkpoint")
    }
}

impl<X> Checkpoint<X>
where
    X: Tree<Owned = X> + Send + Sync + 'static,
{
    /// f once more, at aliases of the inputs that are wanted: these, by input, and the value.
    fn again(
        &self,
        inputs: &[Tensor<X::Elem>],
        wanted: impl Fn(usize) -> bool,
    ) -> (Vec<Tensor<X::Elem>>, Tensor<X::Elem>) {
        transforming(|| {
            let one = |(i, x): (usize, &Tensor<X::Elem>)| if wanted(i) { alias(x) } else { x.without_history() };
            let aliases: Vec<_> = inputs.iter().enumerate().map(one).collect();
            let mut next = aliases[1..].iter();
            let x = self.frame.map(&mut |x| next.next().unwrap_or(x).clone());
            let y = (self.f)(&x, &mut self.mode.clone());
            refuse_foreign(&y, &aliases);
            (aliases, y)
        })
    }
}

/// Ends a checkpoint whose function reaches a leaf by another way than its input: that leaf's gradient would be lost in silence.
fn refuse_foreign<T: Real>(y: &Tensor<T>, aliases: &[Tensor<T>]) {
    let mut seen: FxHashSet<*const ()> = aliases.iter().map(Tensor::address).collect();
    let mut work = vec![y];
    while let Some(x) = work.pop() {
        if !x.is_tracked() || !seen.insert(x.address()) {
            continue;
        }
        match x.call() {
            Some(call) => work.extend(&call.inputs),
            None => message::panic_with(&message::foreign(x.shape())),
        }
    }
}

impl<X> Op<X::Elem> for Checkpoint<X>
where
    X: Tree<Owned = X> + Send + Sync + 'static,
{
    fn name(&self) -> &str {
        "checkpoint"
    }

    fn shape(&self, inputs: &[&[usize]]) -> Result<Dims, Refusal> {
        Ok(inputs[0].into())
    }

    fn view(&self, value: &Layout) -> Option<Layout> {
        Some(value.clone())
    }

    fn eval(&self, inputs: &[View<'_, X::Elem>], out: &mut [X::Elem], _: &mut [X::Elem]) {
        inputs[0].copy_to(out);
    }

    fn is_locally_constant(&self, i: usize) -> bool {
        i == 0
    }

    fn vjp(&self, at: &Point<'_, X::Elem>, g: &Tensor<X::Elem>, wanted: &[bool]) -> Slots<X::Elem> {
        let record = is_recording();
        let (aliases, y) = self.again(at.inputs, |i| wanted[i]);
        let mut slots: Slots<X::Elem> = SmallVec::from_elem(Slot::Zero, aliases.len());
        let targets: Vec<_> = aliases.iter().zip(wanted).filter(|(_, w)| **w).map(|(x, _)| x.clone()).collect();
        let plan = Plan::new(std::slice::from_ref(&y), &targets);
        for (x, slot) in X::Elem::pull(plan, vec![(y, g.clone())], Want::Targets { record }) {
            if let Some(i) = aliases.iter().position(|alias| alias.is_same(&x)) {
                slots[i] = slot;
            }
        }
        slots
    }

    fn jvp(&self, at: &Point<'_, X::Elem>, tangents: &[Slot<X::Elem>]) -> Slot<X::Elem> {
        let (aliases, y) = self.again(at.inputs, |i| tangents[i].tensor().is_some());
        let seeds: Vec<_> =
            aliases.iter().zip(tangents).filter_map(|(x, t)| Some((x.clone(), t.tensor()?.clone()))).collect();
        X::Elem::push(&[y], &seeds).pop().unwrap_or(Slot::Zero)
    }
}

/// f(x), remembering x alone: what lies between is computed again for every derivative, so that a net of n stretches keeps n tensors and
/// not all. Exact to every order, in reverse and forward mode (Chen et al. 2016).
///
/// Everything that wants a gradient must be in `x` (a net and its input as a tuple); what needs none may be moved into the closure.
///
/// ```
/// use gradus_tensor::{Tensor, checkpoint, grad, ndarray::array};
/// let x = Tensor::from(array![0.3_f64, -1.2]).tracked();
/// let y = checkpoint(|x: &Tensor<f64>| x.tanh().exp().sum(), &x);
/// assert_eq!(y.op_name(), Some("checkpoint"));
/// let g = grad(&y, &x)?;
/// assert_eq!(g.to_vec(), grad(&x.tanh().exp().sum(), &x)?.to_vec());
/// # Ok::<(), gradus_tensor::Error>(())
/// ```
///
/// # Panics
/// When it is differentiated, if f's value depends on a leaf that is not in `x`.
#[track_caller]
#[doc(alias = "remat")]
pub fn checkpoint<X>(f: impl Fn(&X) -> Tensor<X::Elem> + Send + Sync + 'static, x: &X) -> Tensor<X::Elem>
where
    X: Tree<Owned = X> + Send + Sync + 'static,
{
    checkpoint_in(&mut Mode::eval(), move |x: &X, _: &mut Mode| f(x), x)
}

/// [`checkpoint`] of a function that takes the step's mode: computed again it sees the same masks, and running statistics are not
/// updated a second time.
///
/// # Panics
/// As [`checkpoint`].
#[track_caller]
pub fn checkpoint_in<X>(
    mode: &mut Mode,
    f: impl Fn(&X, &mut Mode) -> Tensor<X::Elem> + Send + Sync + 'static,
    x: &X,
) -> Tensor<X::Elem>
where
    X: Tree<Owned = X> + Send + Sync + 'static,
{
    let resumed = mode.resumed();
    let frame = x.map(&mut Tensor::without_history);
    let value = no_grad(|| f(&frame, mode)).without_history();
    let leaves = x.leaves();
    if !is_recording() || !leaves.iter().any(Tensor::is_tracked) {
        return value;
    }
    let op = Checkpoint { f: AssertUnwindSafe(Arc::new(f)), frame: AssertUnwindSafe(frame), mode: resumed };
    let inputs: Vec<&Tensor<X::Elem>> = std::iter::once(&value).chain(&leaves).collect();
    X::Elem::apply(Box::new(op), &inputs)
}
