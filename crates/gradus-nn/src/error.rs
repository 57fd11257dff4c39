//! The crate's one error type.

use std::borrow::Cow;

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A name that does not exist.
    Name,
    /// Shapes do not fit.
    Shape,
    /// A file that cannot be read, written or understood.
    File,
    /// What the engine refused.
    Engine,
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
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Error { kind, message: message.into() }
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl From<gradus_tensor::Error> for Error {
    fn from(e: gradus_tensor::Error) -> Self {
        let kind = match e.kind() {
            gradus_tensor::ErrorKind::Shape => ErrorKind::Shape,
            gradus_tensor::ErrorKind::Name => ErrorKind::Name,
            _ => ErrorKind::Engine,
        };
        Error::new(kind, e.to_string())
    }
}

/// A result of this crate.
pub type Result<R, E = Error> = std::result::Result<R, E>;
