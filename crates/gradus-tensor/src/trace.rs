//! The door: every application of an op, forward, backward or pushed forward, evaluates and (when an input is tracked) records here.

use crate::anomaly::check_finite;
use crate::message;
use crate::node::{Call, Cut, Origin, Tensor};
use crate::op::Op;
use crate::real::Real;
use crate::shape::{Layout, broadcast};
use gradus_kernels::{Counted, Shared, View};
use smallvec::SmallVec;
use std::cell::Cell;
use std::panic::Location;

/// What this thread's door does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct State {
    /// Nothing is recorded.
    paused: bool,
    /// A transform's closure runs: backward passes inside it are recorded although nobody said `create_graph`.
    transforming: bool,
    /// Every output is checked for NaN and infinities.
    pub(crate) anomaly: bool,
}

thread_local! {
    pub(crate) static STATE: Cell<State> = const { Cell::new(State { paused: false, transforming: false, anomaly: false }) };
}

/// Restores the state that was there before, also when a closure panics.
pub(crate) struct Restore(pub(crate) State);

impl Drop for Restore {
    fn drop(&mut self) {
        STATE.set(self.0);
    }
}

pub(crate) fn with<R>(change: impl FnOnce(&mut State), body: impl FnOnce() -> R) -> R {
    let mut state = STATE.get();
    let _restore = Restore(state);
    change(&mut state);
    STATE.set(state);
    body()
}

/// Runs `body` without recording.
#[doc(alias = "inference_mode")]
pub fn no_grad<R>(body: impl FnOnce() -> R) -> R {
    with(|s| s.paused = true, body)
}

/// Runs the closure of a transform: recorded, whatever surrounds it.
pub(crate) fn transforming<R>(body: impl FnOnce() -> R) -> R {
    with(|s| (s.paused, s.transforming) = (false, true), body)
}

/// Runs a backward or forward walk, recorded or not. Inside a transform it is recorded always (else forward over reverse is a silent 0).
pub(crate) fn walking<R>(record: bool, body: impl FnOnce() -> R) -> R {
    with(|s| s.paused = s.paused || !(record || s.transforming), body)
}

/// Whether ops on tracked tensors are recorded now.
#[inline]
pub fn is_recording() -> bool {
    !STATE.get().paused
}

/// Whether cotangents are plain numbers that nobody looks at one by one, so that an op may add its own to a sum.
pub(crate) fn may_add_in_place() -> bool {
    let state = STATE.get();
    state.paused && !state.anomaly
}

/// Applies `op`: broadcasts, checks shapes, evaluates, records. Answers the output and what `eval` left in its aux buffer.
#[track_caller]
pub(crate) fn apply<T: Real>(op: Box<dyn Op<T>>, inputs: &[&Tensor<T>]) -> (Tensor<T>, Option<Shared<T>>) {
    if op.broadcasts() && inputs.windows(2).any(|w| w[0].shape() != w[1].shape()) {
        let shapes: SmallVec<[&[usize]; 3]> = inputs.iter().map(|x| x.shape()).collect();
        let Some(common) = broadcast(&shapes) else { message::panic_with(&message::broadcast(op.name(), &shapes)) };
        let wide: SmallVec<[Tensor<T>; 3]> = inputs.iter().map(|x| x.broadcast_to(&common)).collect();
        let wide: SmallVec<[&Tensor<T>; 3]> = wide.iter().collect();
        return evaluate(op, &wide);
    }
    evaluate(op, inputs)
}

#[track_caller]
fn evaluate<T: Real>(op: Box<dyn Op<T>>, inputs: &[&Tensor<T>]) -> (Tensor<T>, Option<Shared<T>>) {
    let state = STATE.get();
    let record = !state.paused && inputs.iter().any(|x| x.is_tracked());
    // Before the numbers: what was just written piece by piece can only be copied once it has reached the cache.
    let mut call = Call { op, inputs: SmallVec::new(), aux: None, depth: 1, site: Location::caller() };
    if record {
        for &x in inputs {
            call.depth = call.depth.max(x.depth() + 1);
            call.inputs.push(x.clone());
        }
    }
    let op = &*call.op;
    let (mut y, aux) = match inputs {
        [x] => compute(op, [*x].map(Tensor::shape).as_slice(), inputs, || [x.view()]),
        [x, y] => compute(op, &[x.shape(), y.shape()], inputs, || [x.view(), y.view()]),
        [x, y, z] => compute(op, &[x.shape(), y.shape(), z.shape()], inputs, || [x.view(), y.view(), z.view()]),
        many => {
            let shapes: Vec<&[usize]> = many.iter().map(|x| x.shape()).collect();
            compute(op, &shapes, inputs, || many.iter().map(|x| x.view()).collect::<Vec<_>>())
        }
    };
    if state.anomaly {
        check_finite(op.name(), inputs, &y.0.data);
    }
    let node = Counted::get_mut(&mut y.0).expect("made above: nobody else holds it");
    if record {
        call.aux.clone_from(&aux);
        node.origin = Origin::Op(call);
    } else {
        node.origin = Origin::Constant { cut: inherited(inputs) };
    }
    (y, aux)
}

/// The output, a constant as yet, and its aux buffer.
#[track_caller]
#[inline(always)]
fn compute<'a, T: Real, V: AsRef<[View<'a, T>]>>(
    op: &dyn Op<T>,
    shapes: &[&[usize]],
    inputs: &[&Tensor<T>],
    views: impl FnOnce() -> V,
) -> (Tensor<T>, Option<Shared<T>>) {
    let constant = |layout, data| Tensor::new(layout, data, Origin::Constant { cut: Cut::No });
    let mut y = match inputs.first() {
        Some(x) if op.keeps_shape() => {
            debug_assert_eq!(op.shape(shapes).ok().as_ref(), Some(&x.0.layout.shape), "{}: keeps no shape", op.name());
            constant(x.0.layout.without_gaps(), Shared::stale(x.len()))
        }
        first => {
            let shape = match op.shape(shapes) {
                Ok(shape) => shape,
                Err(why) => message::panic_with(&why),
            };
            if let Some(x) = first
                && let Some(layout) = op.view(&x.0.layout)
            {
                return (constant(layout, x.0.data.clone()), None);
            }
            let layout = Layout::contiguous(shape);
            let data = Shared::stale(layout.len());
            constant(layout, data)
        }
    };
    let aux_len = op.aux_len(shapes);
    let mut aux = (aux_len > 0).then(|| Shared::stale(aux_len));
    let out =
        Counted::get_mut(&mut y.0).and_then(|node| node.data.get_mut()).expect("made above: nobody else holds it");
    op.eval(views().as_ref(), out, aux.as_mut().and_then(Shared::get_mut).unwrap_or(&mut []));
    (y, aux)
}

/// A constant made from something tracked, or from something cut, was cut.
#[inline]
fn inherited<T: Real>(inputs: &[&Tensor<T>]) -> Cut {
    let one = |x: &&Tensor<T>| match x.0.origin {
        Origin::Constant { cut } => cut,
        _ => Cut::NoGrad,
    };
    inputs.iter().map(one).find(|c| *c != Cut::No).unwrap_or(Cut::No)
}
