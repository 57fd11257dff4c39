//! Matrices.

pub mod matmul;
