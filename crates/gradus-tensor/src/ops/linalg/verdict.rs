//! Whether every matrix of a batch had an answer: codes that a kernel's verdict leaves in the aux buffer, and the errors made of them.

use crate::anomaly::{unwatched, watch};
use crate::error::{Error, ErrorKind, Result};
use crate::node::Tensor;
use crate::op::Boxed;
use crate::real::Real;
use crate::trace::is_recording;
use gradus_kernels::{Shared, linalg};

/// The verdict as a number: 0 is an answer, k + 1 a bad pivot k, −1 an entry that is not finite, −2 no convergence.
pub(super) fn code<T: Real>(verdict: Result<(), linalg::Error>) -> T {
    match verdict {
        Ok(()) => T::ZERO,
        Err(linalg::Error::Singular { pivot, .. } | linalg::Error::NotPositiveDefinite { pivot, .. }) => {
            T::from_usize(pivot + 1)
        }
        Err(linalg::Error::NotFinite { .. }) => T::from_f64(-1.0),
        Err(_) => T::from_f64(-2.0),
    }
}

/// Runs `one` for every matrix of a batch, on its `len` numbers of `out`: NaN where there is no answer, and the verdicts in `codes`.
pub(super) fn each<T: Real>(
    out: &mut [T],
    len: usize,
    codes: &mut [T],
    mut one: impl FnMut(usize, &mut [T]) -> Result<(), linalg::Error>,
) {
    for (i, verdict) in codes.iter_mut().enumerate() {
        let y = &mut out[i * len..(i + 1) * len];
        let answer = one(i, y);
        if answer.is_err() {
            y.fill(T::NAN);
        }
        *verdict = code(answer);
    }
}

/// Applies an op that leaves verdicts in its aux buffer. Without an answer the output is NaN, which is for [`judge`] to name and no anomaly;
/// an answer that is not finite is one.
#[track_caller]
pub(super) fn judged<T: Real>(op: impl Boxed, inputs: &[&Tensor<T>]) -> (Tensor<T>, Option<Shared<T>>) {
    let op = T::boxed(op);
    let name = op.name().to_owned();
    let (y, codes) = {
        let _guard = unwatched();
        T::apply_with_aux(op, inputs)
    };
    let matrices = super::batch::sizes(inputs[0].shape()).0;
    if codes.as_ref().is_none_or(|c| c[..matrices].iter().all(|c| *c == T::ZERO)) {
        watch(&name, inputs, &y);
    }
    (y, codes)
}

/// The first verdict against an op: `lacking` says what a matrix with a bad pivot is not, `way_out` what to do.
pub(super) fn judge<T: Real>(
    op: &str,
    codes: Option<&Shared<T>>,
    matrices: usize,
    lacking: &str,
    way_out: &str,
) -> Result<()> {
    let codes = codes.map_or(&[][..], |c| &c[..matrices]);
    let Some((i, code)) = codes.iter().enumerate().find(|(_, c)| **c != T::ZERO) else { return Ok(()) };
    let which = which(i, matrices);
    let code = code.to_f64();
    Err(data(if code > 0.0 {
        format!("{op}: {which} is {lacking} (pivot {}); {way_out}", code - 1.0)
    } else if code == -1.0 {
        format!("{op}: {which} has an entry that is infinite or not a number")
    } else {
        format!("{op}: no convergence on {which}; rescale it, or add a small multiple of the identity")
    }))
}

/// An error of the data.
pub(super) fn data(message: String) -> Error {
    Error::new(ErrorKind::Data, message)
}

fn which(i: usize, matrices: usize) -> String {
    if matrices == 1 { "the matrix".into() } else { format!("matrix {i} of the batch") }
}

/// Whether derivatives may be asked of what is computed from `x` now.
pub(super) fn is_differentiated<T: Real>(x: &Tensor<T>) -> bool {
    is_recording() && x.is_tracked()
}

/// The tolerance below which numbers of the size of `largest` count as equal, in matrices of order `n`.
pub(super) fn rounding<T: Real>(n: usize, largest: f64) -> f64 {
    4.0 * n as f64 * T::EPSILON.to_f64() * largest
}

/// Why the vectors that belong to `values` (rows of n numbers in order) have no derivative, if two of them are equal, or, where zero
/// counts too, one is zero.
pub(super) fn degenerate<T: Real>(
    op: &str,
    kind: &str,
    values: &[T],
    n: usize,
    zero: bool,
    instead: &str,
) -> Option<String> {
    let matrices = values.len() / n.max(1);
    for (i, row) in values.chunks_exact(n.max(1)).enumerate() {
        let largest = row.iter().map(|x| x.abs().to_f64()).fold(0.0, f64::max);
        let tolerance = rounding::<T>(n, largest);
        let which = which(i, matrices);
        if let Some(k) = row.windows(2).position(|w| (w[1] - w[0]).abs().to_f64() <= tolerance) {
            return Some(format!(
                "{op}: {kind} {k} and {} of {which} are equal ({}), so their vectors have no derivative; {instead}",
                k + 1,
                row[k]
            ));
        }
        if zero && let Some(k) = row.iter().position(|x| x.abs().to_f64() <= tolerance) {
            return Some(format!("{op}: {kind} {k} of {which} is 0, a cusp without a derivative; {instead}"));
        }
    }
    None
}
