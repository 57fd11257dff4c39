//! The one error type of this crate.

use std::fmt;

/// What went wrong, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A hyper-parameter out of its range.
    HyperParameter,
    /// A gradient or a loss that is infinite or not a number.
    NonFinite,
    /// A name or pattern that no leaf has.
    Name,
    /// A saved state that does not fit.
    State,
    /// A solver that cannot go on.
    Solver,
    /// A gradient that could not be taken.
    Gradient,
}

/// What went wrong in an optimiser or a solver, with the way out in its message.
#[derive(Clone, Debug)]
pub struct Error {
    kind: Kind,
    message: String,
}

impl Error {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into() }
    }

    /// What went wrong, in one word.
    pub fn kind(&self) -> Kind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
