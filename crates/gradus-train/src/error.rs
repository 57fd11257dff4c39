//! The crate's one error type.

use std::fmt;

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument lies outside its range.
    Argument,
    /// The data could not be read or batched.
    Data,
    /// The objective or the optimiser refused the step.
    Step,
    /// A loss that is infinite or not a number.
    NonFinite,
    /// A file that cannot be read or written.
    File,
    /// A saved state that does not fit the net, the optimiser or the data.
    Mismatch,
    /// A file that is not a whole saved state.
    Format,
    /// A saved state of a newer version.
    Version,
}

/// An error of this crate: who, what was asked, what came, and the way out.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync + 'static>>,
}

impl Error {
    /// An error of `kind` with a whole message.
    pub fn new(kind: ErrorKind, message: impl fmt::Display) -> Self {
        Error { kind, message: message.to_string(), source: None }
    }

    pub(crate) fn caused(
        kind: ErrorKind,
        message: impl fmt::Display,
        source: impl Into<Box<dyn std::error::Error + Send + Sync + 'static>>,
    ) -> Self {
        Error { kind, message: message.to_string(), source: Some(source.into()) }
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl From<gradus_data::Error> for Error {
    fn from(e: gradus_data::Error) -> Self {
        Error::caused(ErrorKind::Data, e.to_string(), e)
    }
}

impl From<gradus_optim::Error> for Error {
    fn from(e: gradus_optim::Error) -> Self {
        Error::caused(ErrorKind::Step, e.to_string(), e)
    }
}

impl From<gradus_nn::Error> for Error {
    fn from(e: gradus_nn::Error) -> Self {
        let kind = if e.kind() == gradus_nn::ErrorKind::File { ErrorKind::File } else { ErrorKind::Mismatch };
        Error::caused(kind, e.to_string(), e)
    }
}

impl From<gradus_tensor::Error> for Error {
    fn from(e: gradus_tensor::Error) -> Self {
        Error::caused(ErrorKind::Step, e.to_string(), e)
    }
}

/// A result of this crate.
pub type Result<R, E = Error> = std::result::Result<R, E>;
