//! Anomaly mode: the first op that makes a NaN or an infinity out of finite numbers ends the run with its name and place.

use crate::message;
use crate::node::{Call, Tensor};
use crate::op::{Slot, Slots};
use crate::real::Real;
use crate::trace::{Restore, STATE, with};
use std::panic::Location;

/// Runs `body` in anomaly mode: the first op whose output holds a NaN or an infinity although no input did panics with its name and
/// the place where it was called, in forward and backward passes.
///
/// # Panics
/// At the first such op.
#[doc(alias = "detect_anomaly")]
pub fn anomaly<R>(body: impl FnOnce() -> R) -> R {
    with(|s| s.anomaly = true, body)
}

/// Leaves anomaly mode until the guard is dropped: for ops whose caller judges the answer and names what is wrong with the data.
pub(crate) fn unwatched() -> Restore {
    let mut state = STATE.get();
    let guard = Restore(state);
    state.anomaly = false;
    STATE.set(state);
    guard
}

/// What anomaly mode asks of the output of an op that was applied [`unwatched`].
#[track_caller]
pub(crate) fn watch<T: Real>(name: &str, inputs: &[&Tensor<T>], out: &Tensor<T>) {
    if STATE.get().anomaly {
        check_finite(name, inputs, &out.to_vec());
    }
}

/// Runs an op's backward rule. In anomaly mode the first rule that makes a NaN or an infinity from a finite cotangent ends here, with the
/// name of the op and the place where it was called, instead of inside the rule.
pub(crate) fn watched<T: Real>(call: &Call<T>, g: &Tensor<T>, rule: impl FnOnce() -> Slots<T>) -> Slots<T> {
    if !STATE.get().anomaly {
        return rule();
    }
    let slots = with(|s| s.anomaly = false, rule);
    let bad = slots.iter().filter_map(Slot::tensor).find_map(|x| broken(&x.to_vec()));
    if let Some(bad) = bad
        && broken(&g.to_vec()).is_none()
    {
        message::panic_with(&format!(
            "anomaly: the backward of {} made {bad} from a finite cotangent; it was called at {}",
            call.op.name(),
            call.site
        ));
    }
    slots
}

/// The first number that is NaN or infinite.
fn broken<T: Real>(x: &[T]) -> Option<T> {
    x.iter().find(|x| !x.is_finite()).copied()
}

#[track_caller]
pub(crate) fn check_finite<T: Real>(name: &str, inputs: &[&Tensor<T>], out: &[T]) {
    let Some(bad) = broken(out) else { return };
    if inputs.iter().all(|x| broken(&x.to_vec()).is_none()) {
        let shapes: Vec<_> = inputs.iter().map(|x| x.shape()).collect();
        message::panic_with(&format!(
            "anomaly: {name} made {bad} from finite inputs of shapes {shapes:?}, called at {}",
            Location::caller()
        ));
    }
}
