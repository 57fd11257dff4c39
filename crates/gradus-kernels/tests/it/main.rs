//! The kernels, held against naive twins and laws.

mod bits;
mod conv;
mod elementwise;
mod floats;
mod functions;
mod linalg;
mod maths;
mod maths_wide;
mod matmul;
mod norm;
mod pooling;
mod random;
mod reduce;
mod threads;
