//! What the data of a matrix can make impossible.

use std::fmt;

/// Why a factorisation or a function of a matrix has no answer. Each says what was asked for and where it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A pivot is exactly zero.
    Singular {
        /// What was asked for.
        what: &'static str,
        /// The row of the zero pivot.
        pivot: usize,
    },
    /// A pivot of a Cholesky factorisation is not positive.
    NotPositiveDefinite {
        /// What was asked for.
        what: &'static str,
        /// The row of the pivot.
        pivot: usize,
    },
    /// An entry is infinite or not a number.
    NotFinite {
        /// What was asked for.
        what: &'static str,
        /// The row-major position of the first such entry.
        at: usize,
    },
    /// An iteration did not come to rest.
    NoConvergence {
        /// What was asked for.
        what: &'static str,
        /// How many rounds were made.
        rounds: usize,
    },
}

impl Error {
    /// The same under the name of what the user asked for.
    pub(super) fn of(mut self, name: &'static str) -> Self {
        match &mut self {
            Error::Singular { what, .. }
            | Error::NotPositiveDefinite { what, .. }
            | Error::NotFinite { what, .. }
            | Error::NoConvergence { what, .. } => *what = name,
        }
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Singular { what, pivot } => {
                write!(f, "{what}: the matrix is singular: pivot {pivot} is 0; add a small multiple of the identity?")
            }
            Error::NotPositiveDefinite { what, pivot } => write!(
                f,
                "{what}: the matrix is not positive definite: pivot {pivot} is not positive; \
                 add a small multiple of the identity?"
            ),
            Error::NotFinite { what, at } => write!(f, "{what}: entry {at} (row-major) is infinite or not a number"),
            Error::NoConvergence { what, rounds } => write!(f, "{what}: no convergence within {rounds} rounds"),
        }
    }
}

impl std::error::Error for Error {}
