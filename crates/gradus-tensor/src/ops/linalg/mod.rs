//! Ops on matrices: products, systems, factorisations, exponentials and powers.

mod batch;
pub mod cholesky;
pub mod det;
pub mod eigh;
pub mod eigvalsh;
pub mod einsum;
pub mod expm;
pub mod inverse;
pub mod lyapunov;
pub mod matmul;
pub mod matrix_power;
pub mod nuclear_norm;
pub mod outer;
pub mod polar;
pub mod qr;
pub mod singular_values;
pub mod skew_expm;
pub mod slogdet;
pub mod solve;
mod subscripts;
pub mod svd;
pub mod trace;
pub mod triangular_solve;
mod verdict;
