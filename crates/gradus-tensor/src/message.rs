//! Every message of the engine, in one place: who, what was asked, what came, and the way out.

use std::fmt::Write;

/// Ends a call that was used wrongly.
#[track_caller]
#[cold]
pub(crate) fn panic_with(message: &str) -> ! {
    crate::attempt::refuse(message)
}

pub(crate) fn axis(op: &str, axis: isize, rank: usize) -> String {
    format!(
        "{op}: axis {axis} does not exist: the tensor has rank {rank}; axes run from -{rank} to {}",
        rank as isize - 1
    )
}

pub(crate) fn broadcast(op: &str, shapes: &[&[usize]]) -> String {
    let mut s = format!("{op}: shapes do not broadcast:");
    for x in shapes {
        let _ = write!(s, " {x:?}");
    }
    s + "; axes are aligned at the end and must be equal or 1; use reshape or unsqueeze to line them up"
}

pub(crate) fn matmul(left: &[usize], right: &[usize]) -> String {
    let (Some(&k), Some(&l)) = (left.last(), right.get(right.len().saturating_sub(2))) else {
        return format!("matmul: left {left:?}, right {right:?}: a scalar has no product of matrices; use *");
    };
    let transposed = right.len() >= 2 && right.last() == Some(&k);
    let hint = if transposed { "; did you mean right.t()?" } else { "" };
    if k == l {
        return format!("matmul: leading axes do not broadcast: left {left:?}, right {right:?}");
    }
    format!("matmul: inner sizes differ: left {left:?}, right {right:?} ({k} and {l}){hint}")
}

pub(crate) fn einsum(spec: &str, why: &str) -> String {
    format!("einsum: {spec:?}: {why}")
}

pub(crate) fn reshape(from: &[usize], to: &[usize]) -> String {
    let count = |s: &[usize]| s.iter().product::<usize>();
    format!("reshape: {from:?} has {} elements, {to:?} has {}; the numbers must be equal", count(from), count(to))
}

pub(crate) fn broadcast_to(from: &[usize], to: &[usize]) -> String {
    format!("broadcast_to: {from:?} does not broadcast to {to:?}; axes are aligned at the end and must be equal or 1")
}

pub(crate) fn unused(name: &str) -> String {
    format!(
        "grad: the value does not depend on {name}: no path leads there; if that is meant, use Grad::of(..).allow_unused()"
    )
}

pub(crate) fn untracked(name: &str) -> String {
    format!(
        "grad: {name} is not tracked, so the value cannot depend on it: call .tracked() on it before the value is computed"
    )
}

pub(crate) fn severed(name: &str, by: &str) -> String {
    format!(
        "grad: no path leads from the value to {name}, but a part of the value was cut from the graph by {by}; move that call, or use Grad::of(..).allow_unused()"
    )
}

pub(crate) fn not_scalar(shape: &[usize]) -> String {
    format!(
        "grad: the value has shape {shape:?} and no cotangent; reduce it (.sum(), .mean()) or give one with Grad::of(..).cotangent(&u)"
    )
}

pub(crate) fn other_shape(who: &str, expected: &[usize], came: &[usize]) -> String {
    format!("{who}: expected shape {expected:?}, got {came:?}")
}

pub(crate) fn not_finite(who: &str, set: &str) -> String {
    format!(
        "{who}: a number that is not finite lies in no set, and has no nearest member of `{set}`; set the weight to finite numbers first"
    )
}

pub(crate) fn untracked_backward() -> String {
    "backward: the loss depends on no tracked tensor; mark leaves with .tracked(), and compute the loss outside no_grad"
        .into()
}

pub(crate) fn stale(held: u64, now: u64) -> String {
    format!(
        "gradients: this gradient belongs to version {held} of its leaf, which is now at version {now}; compute it again after a step"
    )
}

pub(crate) fn foreign(shape: &[usize]) -> String {
    format!(
        "checkpoint: the function depends on a leaf of shape {shape:?} that is not in its input, and its gradient would be lost; pass it in (as a tuple), or detach it"
    )
}
