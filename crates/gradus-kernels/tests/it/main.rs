//! The kernels, held against naive twins and laws.

mod conv;
mod matmul;
mod pooling;
