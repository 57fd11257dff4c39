//! The kernels, held against naive twins and laws.

mod conv;
mod linalg;
mod maths;
mod matmul;
mod pooling;
mod random;
mod threads;
mod reduce;
