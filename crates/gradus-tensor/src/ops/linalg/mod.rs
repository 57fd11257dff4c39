//! Ops on matrices: products and exponentials.

pub mod expm;
pub mod matmul;
pub mod skew_expm;
