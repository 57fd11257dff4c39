//! Convolution and its adjoints.

pub mod conv;
