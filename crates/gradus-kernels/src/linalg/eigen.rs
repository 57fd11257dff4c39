//! Eigenvalues of symmetric matrices. With the feature `linalg` by faer; else, and where faer does not converge, by Jacobi.

use super::error::Error;
use super::jacobi::diagonalise;
use crate::real::Real;

/// A = Q·diag(λ)·Qᵀ for a symmetric A (n x n; on and below the diagonal is read): `values` rising, column i of `vectors` belongs to
/// `values[i]`. The sign of each vector is free.
///
/// # Errors
/// [`Error::NotFinite`]; [`Error::NoConvergence`] if both methods give up.
///
/// # Panics
/// If a length does not fit.
pub fn symmetric_eigen<T: Real>(n: usize, a: &[T], values: &mut [T], vectors: &mut [T]) -> Result<(), Error> {
    assert_eq!(a.len(), n * n, "symmetric_eigen: a is not {n} x {n}");
    assert_eq!(values.len(), n, "symmetric_eigen: {} numbers for {n} eigenvalues", values.len());
    assert_eq!(vectors.len(), n * n, "symmetric_eigen: vectors is not {n} x {n}");
    let lower = (0..n * n).find(|&k| k % n <= k / n && !a[k].is_finite());
    if let Some(at) = lower {
        return Err(Error::NotFinite { what: "symmetric_eigen", at });
    }
    if n == 0 {
        return Ok(());
    }
    #[cfg(feature = "linalg")]
    if faer(n, a, values, vectors) {
        return Ok(());
    }
    jacobi(n, a, values, vectors)
}

fn jacobi<T: Real>(n: usize, a: &[T], values: &mut [T], vectors: &mut [T]) -> Result<(), Error> {
    let mut w: Vec<f64> = (0..n * n).map(|k| a[(k / n).max(k % n) * n + (k / n).min(k % n)].to_f64()).collect();
    let mut v = vec![0.0; n * n];
    v.iter_mut().step_by(n + 1).for_each(|x| *x = 1.0);
    diagonalise(n, &mut w, &mut v)?;
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| w[i * n + i].total_cmp(&w[j * n + j]));
    for (c, &i) in order.iter().enumerate() {
        values[c] = T::from_f64(w[i * n + i]);
        (0..n).for_each(|r| vectors[r * n + c] = T::from_f64(v[i * n + r]));
    }
    Ok(())
}

#[cfg(feature = "linalg")]
fn faer<T: Real>(n: usize, a: &[T], values: &mut [T], vectors: &mut [T]) -> bool {
    // In units of the largest entry, so that no square leaves the range.
    let lower = (0..n * n).filter(|k| k % n <= k / n).map(|k| a[k].abs().to_f64());
    let largest = lower.fold(0.0, f64::max);
    let unit = if largest > 0.0 { largest } else { 1.0 };
    let wide = faer::Mat::from_fn(n, n, |i, j| a[i.max(j) * n + i.min(j)].to_f64() / unit);
    let Ok(parts) = wide.self_adjoint_eigen(faer::Side::Lower) else { return false };
    let (s, q) = (parts.S().column_vector(), parts.U());
    if !(0..n).all(|i| s[i].is_finite()) {
        return false;
    }
    for i in 0..n {
        values[i] = T::from_f64(s[i] * unit);
        (0..n).for_each(|r| vectors[r * n + i] = T::from_f64(q[(r, i)]));
    }
    true
}
