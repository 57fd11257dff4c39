//! The door: every application of an op, forward, backward or pushed forward, evaluates and (when an input is tracked) records here.

use crate::message;
use crate::node::{Call, Cut, Origin, Tensor};
use crate::op::Op;
use crate::real::Real;
use crate::shape::{Layout, broadcast};
use gradus_kernels::Shared;
use smallvec::SmallVec;
use std::cell::Cell;
use std::panic::Location;

/// What this thread's door does.
#[derive(Clone, Copy, Debug)]
struct State {
    /// Nothing is recorded.
    paused: bool,
    /// A transform's closure runs: backward passes inside it are recorded although nobody said `create_graph`.
    transforming: bool,
    /// Every output is checked for NaN and infinities.
    anomaly: bool,
}

thread_local! {
    static STATE: Cell<State> = const { Cell::new(State { paused: false, transforming: false, anomaly: false }) };
}

/// Restores the state that was there before, also when a closure panics.
struct Restore(State);

impl Drop for Restore {
    fn drop(&mut self) {
        STATE.set(self.0);
    }
}

fn with<R>(change: impl FnOnce(&mut State), body: impl FnOnce() -> R) -> R {
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

/// Runs `body` in anomaly mode: the first op whose output holds a NaN or an infinity although no input did panics with its name and
/// the place where it was called, in forward and backward passes.
///
/// # Panics
/// At the first such op.
#[doc(alias = "detect_anomaly")]
pub fn anomaly<R>(body: impl FnOnce() -> R) -> R {
    with(|s| s.anomaly = true, body)
}

/// Whether ops on tracked tensors are recorded now.
#[inline]
pub fn is_recording() -> bool {
    !STATE.get().paused
}

pub(crate) fn is_transforming() -> bool {
    STATE.get().transforming
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
    let shapes: SmallVec<[&[usize]; 3]> = inputs.iter().map(|x| x.shape()).collect();
    let shape = match op.shape(&shapes) {
        Ok(shape) => shape,
        Err(why) => message::panic_with(&why),
    };
    let state = STATE.get();
    let record = !state.paused && inputs.iter().any(|x| x.is_tracked());
    let (layout, data, aux) = match inputs.first().and_then(|x| op.view(&x.0.layout)) {
        Some(layout) => (layout, inputs[0].0.data.clone(), None),
        None => {
            let mut data = Shared::stale(shape.iter().product());
            let aux_len = op.aux_len(&shapes);
            let mut aux = (aux_len > 0).then(|| Shared::stale(aux_len));
            let views: SmallVec<[_; 3]> = inputs.iter().map(|x| x.view()).collect();
            if let Some(out) = data.get_mut() {
                op.eval(&views, out, aux.as_mut().and_then(Shared::get_mut).unwrap_or(&mut []));
            }
            (Layout::contiguous(shape), data, aux)
        }
    };
    if state.anomaly {
        check_finite(op.name(), inputs, &data);
    }
    let origin = if record {
        let depth = 1 + inputs.iter().map(|x| x.depth()).max().unwrap_or(0);
        let inputs = inputs.iter().map(|&x| x.clone()).collect();
        Origin::Op(Call { op, inputs, aux: aux.clone(), depth, site: Location::caller() })
    } else {
        Origin::Constant { cut: inherited(inputs) }
    };
    (Tensor::new(layout, data, origin), aux)
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

#[track_caller]
fn check_finite<T: Real>(name: &str, inputs: &[&Tensor<T>], out: &[T]) {
    let broken = |x: &[T]| x.iter().find(|x| !x.is_finite()).copied();
    let Some(bad) = broken(out) else { return };
    if inputs.iter().all(|x| broken(&x.to_vec()).is_none()) {
        let shapes: Vec<_> = inputs.iter().map(|x| x.shape()).collect();
        message::panic_with(&format!(
            "anomaly: {name} made {bad} from finite inputs of shapes {shapes:?}, called at {}",
            Location::caller()
        ));
    }
}
