//! The crate's one error type.

use std::borrow::Cow;

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A gradient was asked with respect to something that the value does not depend on.
    Unused,
    /// The path to what was asked was cut by `detach` or `no_grad`.
    Severed,
    /// A value without a cotangent is not a single number.
    NotScalar,
    /// Shapes do not fit.
    Shape,
    /// The data does not allow the operation (singular matrix, no convergence, outside a set).
    Data,
    /// A gradient belongs to an older version of its leaf.
    Stale,
    /// A name that does not exist.
    Name,
    /// A derivative check failed.
    Check,
}

/// An error of this crate: who, what was asked, what came, and the way out.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: Cow<'static, str>,
}

impl Error {
    /// An error of `kind` with a whole message.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Error { kind, message: message.into() }
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

/// A result of this crate.
pub type Result<R, E = Error> = std::result::Result<R, E>;
