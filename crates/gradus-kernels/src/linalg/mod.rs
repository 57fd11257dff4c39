//! Dense linear algebra on row-major slices: triangular systems, LU, Cholesky, QR, singular values, matrix exponentials.
//!
//! A matrix of m x n is a slice of m·n numbers, row after row. The heavy work is products of blocks, all through
//! [`matmul`](crate::matmul::matmul), found by halving; the small remainders are loops over rows. What can fail by the data
//! returns [`Error`]; shapes are the caller's duty and panic. Batches: the caller loops.

mod blocks;
mod chebyshev;
mod cholesky;
mod determinant;
mod eigen;
mod error;
mod expm;
mod halves;
mod inverse;
mod jacobi;
mod lu;
mod polar;
mod qr;
mod skew_expm;
mod skew_pull;
mod svd;
mod triangular;

pub use cholesky::cholesky;
pub use determinant::{determinant, sign_log_determinant};
pub use eigen::symmetric_eigen;
pub use error::Error;
pub use expm::{ExpmPlan, expm, expm_frechet, expm_plan, pade_coefficients};
pub use inverse::{condition_1, inverse, matrix_power};
pub use lu::{lu_factor, lu_solve, lu_solve_transposed};
pub use polar::{cayley, polar, qr_orthonormal};
pub use qr::{fix_signs, qr_factor, qr_full, qr_q, qr_r, qr_thin};
pub use skew_expm::{skew_expm, skew_expm_aux_len};
pub use skew_pull::skew_expm_pull;
pub use svd::{svd, svd_jacobi};
pub use triangular::{Half, Side, Triangular, triangular_solve};
