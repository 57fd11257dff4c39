//! Singular values. With the feature `linalg` by faer; without it, and where faer does not converge, by Jacobi's rotations.

use super::blocks::finite;
use super::error::Error;
use super::jacobi::{complete, orthogonalise, transposed};
use crate::real::Real;

/// A = U·diag(s)·Vᵀ, thin: A m x n, U m x k, s of k = min(m, n) falling numbers ≥ 0, `vt` = Vᵀ k x n.
///
/// For zero singular values U and V are completed to orthonormal columns. The sign of each pair is free.
///
/// # Errors
/// [`Error::NotFinite`]; [`Error::NoConvergence`] if both methods give up.
///
/// # Panics
/// If a length does not fit.
pub fn svd<T: Real>(m: usize, n: usize, a: &[T], u: &mut [T], s: &mut [T], vt: &mut [T]) -> Result<(), Error> {
    let k = m.min(n);
    assert_eq!(a.len(), m * n, "svd: a is not {m} x {n}");
    assert_eq!(u.len(), m * k, "svd: u is not {m} x {k}");
    assert_eq!(s.len(), k, "svd: s has {} numbers for {k} singular values", s.len());
    assert_eq!(vt.len(), k * n, "svd: vt is not {k} x {n}");
    finite("svd", a)?;
    #[cfg(feature = "linalg")]
    if k > 0 && faer(m, n, a, u, s, vt) {
        return Ok(());
    }
    jacobi(m, n, a, u, s, vt)
}

/// [`svd`] by one-sided Jacobi rotations alone: slower, small singular values with high relative accuracy.
///
/// # Errors
/// [`Error::NotFinite`]; [`Error::NoConvergence`].
///
/// # Panics
/// If a length does not fit.
pub fn svd_jacobi<T: Real>(m: usize, n: usize, a: &[T], u: &mut [T], s: &mut [T], vt: &mut [T]) -> Result<(), Error> {
    finite("svd", a)?;
    jacobi(m, n, a, u, s, vt)
}

/// The largest entry, or 1: both methods work in f64 and in this unit, so that no square leaves the range.
fn unit<T: Real>(a: &[T]) -> f64 {
    let largest = a.iter().map(|x| x.abs().to_f64()).fold(0.0, f64::max);
    if largest > 0.0 { largest } else { 1.0 }
}

fn jacobi<T: Real>(m: usize, n: usize, a: &[T], u: &mut [T], s: &mut [T], vt: &mut [T]) -> Result<(), Error> {
    let unit = unit(a);
    let (long, k) = (m.max(n), m.min(n));
    if k == 0 {
        return Ok(());
    }
    let wide: Vec<f64> = a.iter().map(|x| x.to_f64() / unit).collect();
    // Rows of w: the columns of A or, where A is wide, its rows.
    let mut w = if m >= n { transposed(m, n, &wide) } else { wide };
    let mut v = vec![0.0; k * k];
    v.iter_mut().step_by(k + 1).for_each(|x| *x = 1.0);
    orthogonalise(k, long, &mut w, &mut v)?;
    let lengths: Vec<f64> = w.chunks_exact(long).map(|r| r.iter().map(|x| x * x).sum::<f64>().sqrt()).collect();
    let mut order: Vec<usize> = (0..k).collect();
    order.sort_by(|&i, &j| lengths[j].total_cmp(&lengths[i]));
    // Below this a direction is rounding, and is replaced.
    let floor = lengths[order[0]] * f64::EPSILON * long as f64 * 1e-3 + f64::MIN_POSITIVE;
    let (mut left, mut filled) = (vec![0.0; k * long], vec![false; k]);
    for (r, &i) in order.iter().enumerate() {
        s[r] = T::from_f64(lengths[i] * unit);
        if lengths[i] > floor {
            let row = &w[i * long..(i + 1) * long];
            left[r * long..(r + 1) * long].iter_mut().zip(row).for_each(|(u, x)| *u = x / lengths[i]);
            filled[r] = true;
        }
    }
    complete(k, long, &mut left, &mut filled);
    let right: Vec<f64> = order.iter().flat_map(|&i| v[i * k..(i + 1) * k].iter().copied()).collect();
    // w = V·(columns): the long vectors are those of U where A is tall, of V where it is wide.
    let (columns, rows) = if m >= n { (left, right) } else { (right, left) };
    let columns = transposed(k, m, &columns);
    u.iter_mut().zip(columns).for_each(|(u, x)| *u = T::from_f64(x));
    vt.iter_mut().zip(rows).for_each(|(v, x)| *v = T::from_f64(x));
    Ok(())
}

#[cfg(feature = "linalg")]
fn faer<T: Real>(m: usize, n: usize, a: &[T], u: &mut [T], s: &mut [T], vt: &mut [T]) -> bool {
    let (k, unit) = (m.min(n), unit(a));
    let wide = faer::Mat::from_fn(m, n, |i, j| a[i * n + j].to_f64() / unit);
    let Ok(parts) = wide.thin_svd() else { return false };
    let (left, values, right) = (parts.U(), parts.S().column_vector(), parts.V());
    let good = (0..k).all(|i| values[i].is_finite() && values[i] >= 0.0);
    if !good {
        return false;
    }
    for i in 0..k {
        s[i] = T::from_f64(values[i] * unit);
        (0..m).for_each(|r| u[r * k + i] = T::from_f64(left[(r, i)]));
        (0..n).for_each(|c| vt[i * n + c] = T::from_f64(right[(c, i)]));
    }
    true
}
