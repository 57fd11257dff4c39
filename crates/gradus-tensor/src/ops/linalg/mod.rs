//! Matrices.

pub mod expm;
pub mod matmul;
pub mod skew_expm;
