//! The functions behind the methods of [`Real`](crate::Real): lane functions for each width, and scalar special functions.

pub(crate) mod double;
pub(crate) mod single;
pub(crate) mod special;
