//! Determinants from an LU factorisation.

use crate::real::Real;

/// det A from the factors of [`lu_factor`](super::lu_factor); 0 for a singular matrix, 1 for order 0.
///
/// # Panics
/// If the lengths do not fit.
pub fn determinant<T: Real>(n: usize, lu: &[T], pivots: &[u32]) -> T {
    check(n, lu, pivots);
    let product = lu.iter().step_by(n + 1).fold(T::ONE, |p, &x| p * x);
    if odd(pivots) { -product } else { product }
}

/// (sign, log |det A|) from the factors of [`lu_factor`](super::lu_factor); (0, −∞) for a singular matrix. Neither overflows.
///
/// # Panics
/// If the lengths do not fit.
pub fn sign_log_determinant<T: Real>(n: usize, lu: &[T], pivots: &[u32]) -> (T, T) {
    check(n, lu, pivots);
    let (mut negative, mut log) = (odd(pivots), 0.0_f64);
    for &x in lu.iter().step_by(n + 1) {
        if x == T::ZERO {
            return (T::ZERO, -T::INFINITY);
        }
        negative ^= x < T::ZERO;
        log += x.abs().to_f64().ln();
    }
    (if negative { -T::ONE } else { T::ONE }, T::from_f64(log))
}

fn check<T: Real>(n: usize, lu: &[T], pivots: &[u32]) {
    assert_eq!(lu.len(), n * n, "determinant: lu is not {n} x {n}");
    assert_eq!(pivots.len(), n, "determinant: {} pivots for order {n}", pivots.len());
}

fn odd(pivots: &[u32]) -> bool {
    pivots.iter().enumerate().filter(|&(i, &p)| i != p as usize).count() % 2 == 1
}
