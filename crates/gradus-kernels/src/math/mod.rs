//! The functions behind the methods of [`Real`](crate::Real): lane functions for each width, and scalar special functions.

#![allow(clippy::excessive_precision, reason = "coefficients as the script prints them")]

pub(crate) mod double;
pub(crate) mod single;
pub(crate) mod special;

use crate::real::Real;
use crate::simd::Isa;

/// Σ c[k] xᵏ by Horner's rule.
#[inline(always)]
fn polynomial<T: Real, S: Isa, const N: usize>(s: S, x: T, c: [T; N]) -> T {
    let mut y = c[N - 1];
    for k in (0..N - 1).rev() {
        y = s.mul_add(y, x, c[k]);
    }
    y
}
