//! The functions behind the methods of [`Real`](crate::Real): lane functions for each width, and scalar special functions.

#![allow(clippy::excessive_precision, reason = "coefficients as the script prints them")]

pub(crate) mod double;
pub(crate) mod single;
pub(crate) mod special;
