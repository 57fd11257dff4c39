//! The inverse, how much it can be trusted, and whole powers.

use super::blocks::{finite, norm_1, square};
use super::error::Error;
use super::lu::{lu_factor, lu_solve, lu_solve_transposed};
use crate::buffer::Shared;
use crate::real::Real;

/// out = A⁻¹ (n x n). To solve a system use [`lu_solve`](super::lu_solve), which is faster and more accurate.
///
/// # Errors
/// [`Error::Singular`], [`Error::NotFinite`].
///
/// # Panics
/// If `a` or `out` has not n² numbers.
pub fn inverse<T: Real>(n: usize, a: &[T], out: &mut [T]) -> Result<(), Error> {
    assert_eq!(out.len(), n * n, "inverse: out is not {n} x {n}");
    let (mut lu, mut pivots) = (Shared::from_slice(a), vec![0; n]);
    let lu = lu.get_mut().unwrap_or_default();
    lu_factor(n, lu, &mut pivots).map_err(|e| e.of("inverse"))?;
    identity(n, out);
    lu_solve(n, n, lu, &pivots, out)
}

/// Writes the identity of order n.
pub(super) fn identity<T: Real>(n: usize, out: &mut [T]) {
    out.fill(T::ZERO);
    out.iter_mut().step_by(n + 1).for_each(|x| *x = T::ONE);
}

/// κ₁(A) = ‖A‖₁‖A⁻¹‖₁ from the matrix and the factors of [`lu_factor`]: up to order 32 as it is, above an estimate from below,
/// rarely less than a third.
/// +∞ for a singular matrix. Digits lost in a solve: about its decimal logarithm.
///
/// Source: Higham 1988, "FORTRAN codes for estimating the one-norm of a real or complex matrix" (Hager's method).
///
/// # Panics
/// If the lengths do not fit.
pub fn condition_1<T: Real>(n: usize, a: &[T], lu: &[T], pivots: &[u32]) -> f64 {
    assert_eq!(a.len(), n * n, "condition_1: a is not {n} x {n}");
    if n == 0 {
        return 0.0;
    }
    let length = |x: &[T]| x.iter().map(|x| x.abs().to_f64()).sum::<f64>();
    if n <= 32 {
        let mut inv = vec![T::ZERO; n * n];
        identity(n, &mut inv);
        let solved = lu_solve(n, n, lu, pivots, &mut inv);
        return solved.map_or(f64::INFINITY, |()| norm_1(n, a) * norm_1(n, &inv));
    }
    let mut x = vec![T::ONE / T::from_usize(n); n];
    if lu_solve(n, 1, lu, pivots, &mut x).is_err() {
        return f64::INFINITY;
    }
    let mut best = length(&x);
    for _ in 0..5 {
        let mut z: Vec<T> = x.iter().map(|x| T::ONE.copysign(*x)).collect();
        if lu_solve_transposed(n, 1, lu, pivots, &mut z).is_err() {
            return f64::INFINITY;
        }
        let top = (0..n).fold(0, |top, i| if z[i].abs() > z[top].abs() { i } else { top });
        x.fill(T::ZERO);
        x[top] = T::ONE;
        if lu_solve(n, 1, lu, pivots, &mut x).is_err() {
            return f64::INFINITY;
        }
        let now = length(&x);
        if now <= best {
            break;
        }
        best = now;
    }
    // A vector that Hager's walk may have missed.
    let mut x: Vec<T> = (0..n)
        .map(|i| T::from_f64((1.0 + i as f64 / (n as f64 - 1.0).max(1.0)) * if i % 2 == 0 { 1.0 } else { -1.0 }))
        .collect();
    if lu_solve(n, 1, lu, pivots, &mut x).is_err() {
        return f64::INFINITY;
    }
    norm_1(n, a) * best.max(2.0 * length(&x) / (3.0 * n as f64))
}

/// out = Aᵖ (n x n) by repeated squaring; A⁰ = I, a negative power is one of the inverse.
///
/// # Errors
/// [`Error::Singular`] for a negative power of a singular matrix, [`Error::NotFinite`].
///
/// # Panics
/// If `a` or `out` has not n² numbers.
pub fn matrix_power<T: Real>(n: usize, a: &[T], power: i32, out: &mut [T]) -> Result<(), Error> {
    assert_eq!(a.len(), n * n, "matrix_power: a is not {n} x {n}");
    assert_eq!(out.len(), n * n, "matrix_power: out is not {n} x {n}");
    finite("matrix_power", a)?;
    let mut base = Shared::from_slice(a);
    let base = base.get_mut().unwrap_or_default();
    if power < 0 {
        inverse(n, a, base).map_err(|e| e.of("matrix_power"))?;
    }
    let mut spare = Shared::stale(n * n);
    let spare = spare.get_mut().unwrap_or_default();
    let mut left = power.unsigned_abs();
    let mut started = false;
    identity(n, out);
    while left > 0 {
        if left & 1 == 1 {
            if started {
                square(n, out, base, false, spare);
                out.copy_from_slice(spare);
            } else {
                out.copy_from_slice(base);
                started = true;
            }
        }
        left >>= 1;
        if left > 0 {
            square(n, base, base, false, spare);
            base.copy_from_slice(spare);
        }
    }
    Ok(())
}
