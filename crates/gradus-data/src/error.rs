//! The one error of this crate: opaque, with a kind to match on and a message that says who, what was asked, what came,
//! and the way out.

use std::fmt;

/// What went wrong while reading, checking or fitting data.
///
/// Match on [`Error::kind`]; the message is for people and may change.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: Kind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync + 'static>>,
}

/// The kinds of [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A file or folder could not be opened, read or written.
    Io,
    /// The bytes are not what the format says.
    Format,
    /// The bytes end before what the header announces.
    Truncated,
    /// A size exceeds what may be allocated, or a limit given by the caller.
    Limit,
    /// The element type in the file is not the one that was asked for.
    Type,
    /// A value is missing, or not a finite number, where one is needed.
    Value,
    /// Shapes or lengths do not fit together.
    Shape,
    /// A column, set or entry of that name does not exist.
    Name,
    /// An argument lies outside its range.
    Argument,
    /// A checksum differs from the one expected.
    Checksum,
    /// An error of the caller's own set or function, see [`Error::other`].
    Other,
    /// A server did not answer, or answered with an error.
    Network,
}

impl Error {
    /// The kind of this error.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// An error of your own [`Dataset`](crate::Dataset): its message and source are those of `cause`, a text or an error.
    pub fn other(cause: impl Into<Box<dyn std::error::Error + Send + Sync + 'static>>) -> Self {
        let cause = cause.into();
        Error { kind: Kind::Other, message: cause.to_string(), source: Some(cause) }
    }

    pub(crate) fn new(kind: Kind, message: impl fmt::Display) -> Self {
        Error { kind, message: message.to_string(), source: None }
    }

    pub(crate) fn caused(
        kind: Kind,
        message: impl fmt::Display,
        source: impl Into<Box<dyn std::error::Error + Send + Sync + 'static>>,
    ) -> Self {
        Error { kind, message: message.to_string(), source: Some(source.into()) }
    }
}
