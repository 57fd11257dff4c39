//! Nearest matrices with orthonormal columns: the polar factor, the Q of QR, the Cayley map.

use super::blocks::{finite, product, transpose};
use super::error::Error;
use super::halves::{Kind, Product};
use super::inverse::{identity, inverse};
use super::lu::{lu_factor, lu_solve};
use super::qr::{fix_signs, qr_thin};
use crate::buffer::Shared;
use crate::real::Real;

/// Rounds of the scaled Newton iteration; a dozen serve a condition of 10¹⁶.
const ROUNDS: usize = 40;

/// out = U of A = U·H (n x p, n ≥ p): the nearest matrix with orthonormal columns in the Frobenius norm. H = UᵀA.
///
/// Close to the answer (‖AᵀA − I‖_F ≤ 1/2, as in a retraction) by Newton–Schulz steps X(3I − XᵀX)/2, which are products only;
/// else a QR factorisation first and Newton's X ↦ (γX + X⁻ᵀ/γ)/2 on R (Higham 1986), and one such step at the end.
///
/// # Errors
/// [`Error::Singular`] where the columns depend on each other, so that the nearest matrix is not unique; [`Error::NotFinite`].
///
/// # Panics
/// If n < p or a length does not fit.
pub fn polar<T: Real>(n: usize, p: usize, a: &[T], out: &mut [T]) -> Result<(), Error> {
    assert!(n >= p, "polar: {n} rows, {p} columns: the columns cannot be orthonormal; pass the transpose");
    assert_eq!(a.len(), n * p, "polar: a is not {n} x {p}");
    assert_eq!(out.len(), n * p, "polar: out is not {n} x {p}");
    finite("polar", a)?;
    let mut spare = Shared::stale(n * p + p * p);
    let (step, gram) = spare.get_mut().unwrap_or_default().split_at_mut(n * p);
    out.copy_from_slice(a);
    let mut off = defect(n, p, out, gram);
    if off > 0.5 || off.is_nan() {
        let (mut q, mut r) = (Shared::stale(n * p), Shared::stale(p * p));
        let (q, r) = (q.get_mut().unwrap_or_default(), r.get_mut().unwrap_or_default());
        qr_thin(n, p, a, q, r);
        newton(p, r)?;
        product([n, p, p], q, [p, 1], r, [p, 1], false, out);
        off = defect(n, p, out, gram);
    }
    // Each step squares the defect; the last one is made of a defect below √ε.
    let small = T::EPSILON.to_f64().sqrt() * 0.1;
    for _ in 0..ROUNDS {
        product([n, p, p], out, [p, 1], gram, [p, 1], false, step);
        out.iter_mut().zip(&*step).for_each(|(x, &s)| *x += s);
        if off <= small {
            return Ok(());
        }
        off = defect(n, p, out, gram);
    }
    Err(Error::NoConvergence { what: "polar", rounds: ROUNDS })
}

/// gram = (I − XᵀX)/2; answers ‖I − XᵀX‖_F.
fn defect<T: Real>(n: usize, p: usize, x: &[T], gram: &mut [T]) -> f64 {
    product([p, n, p], x, [1, p], x, [p, 1], false, gram);
    let half = T::from_f64(0.5);
    gram.iter_mut().for_each(|g| *g *= -half);
    gram.iter_mut().step_by(p + 1).for_each(|g| *g += half);
    2.0 * gram.iter().map(|g| g.to_f64() * g.to_f64()).sum::<f64>().sqrt()
}

/// Replaces X (p x p) by its polar factor, up to a defect that one Newton–Schulz step removes.
fn newton<T: Real>(p: usize, x: &mut [T]) -> Result<(), Error> {
    let (mut inv, mut turned) = (Shared::stale(p * p), Shared::stale(p * p));
    let (inv, turned) = (inv.get_mut().unwrap_or_default(), turned.get_mut().unwrap_or_default());
    for _ in 0..ROUNDS {
        inverse(p, x, inv).map_err(|e| e.of("polar"))?;
        transpose(p, p, inv, p, turned, p);
        let norm = |x: &[T]| x.iter().map(|x| x.to_f64() * x.to_f64()).sum::<f64>().sqrt();
        let gamma = (norm(turned) / norm(x)).sqrt();
        // Near the end the factor tends to 1 by itself.
        let (near, far) = (T::from_f64(0.5 * gamma), T::from_f64(0.5 / gamma));
        let mut moved = 0.0_f64;
        for (x, &y) in x.iter_mut().zip(&*turned) {
            let next = near * *x + far * y;
            moved += (next - *x).to_f64() * (next - *x).to_f64();
            *x = next;
        }
        if moved.sqrt() <= 1e-2 {
            return Ok(());
        }
    }
    Err(Error::NoConvergence { what: "polar", rounds: ROUNDS })
}

/// out = Q of A = Q·R with the diagonal of R positive (n x p, n ≥ p): the QR retraction, also written qf(A).
///
/// # Panics
/// If n < p or a length does not fit.
pub fn qr_orthonormal<T: Real>(n: usize, p: usize, a: &[T], out: &mut [T]) {
    assert!(n >= p, "qr_orthonormal: {n} rows, {p} columns: the columns cannot be orthonormal; pass the transpose");
    let mut r = Shared::stale(p * p);
    let r = r.get_mut().unwrap_or_default();
    qr_thin(n, p, a, out, r);
    fix_signs(n, p, p, out, r);
}

/// out = (I + A/2)⁻¹(I − A/2), the Cayley map. Orthogonal for a skew A, with Cayley(A) = e^(−A) + O(‖A‖³): **minus**; pass −A for
/// the sign of the exponential. It is its own kind of inverse: A = 2(I + Q)⁻¹(I − Q).
///
/// Where A is skew to the last bit, a Newton–Schulz step keeps the result orthogonal however long A is.
///
/// # Errors
/// [`Error::Singular`] where −2 is an eigenvalue (never for a skew A); [`Error::NotFinite`].
///
/// # Panics
/// If `a` or `out` has not n² numbers.
pub fn cayley<T: Real>(n: usize, a: &[T], out: &mut [T]) -> Result<(), Error> {
    assert_eq!(a.len(), n * n, "cayley: a is not {n} x {n}");
    assert_eq!(out.len(), n * n, "cayley: out is not {n} x {n}");
    finite("cayley", a)?;
    let (mut left, mut pivots) = (Shared::from_slice(a), vec![0; n]);
    let left = left.get_mut().unwrap_or_default();
    let half = T::from_f64(0.5);
    identity(n, out);
    for ((l, o), &a) in left.iter_mut().zip(&mut *out).zip(a) {
        (*l, *o) = (*o + half * a, *o - half * a);
    }
    lu_factor(n, left, &mut pivots).map_err(|e| e.of("cayley"))?;
    lu_solve(n, n, left, &pivots, out).map_err(|e| e.of("cayley"))?;
    let skew = (0..n).all(|i| (0..=i).all(|j| a[i * n + j] == -a[j * n + i]));
    if skew {
        nearest(n, out, left);
    }
    Ok(())
}

/// One step Q + Q(I − QᵀQ)/2 towards the nearest orthogonal matrix: it squares the defect.
pub(super) fn nearest<T: Real>(n: usize, q: &mut [T], defect: &mut [T]) {
    Product {
        transposed: true,
        factor: T::from_f64(-0.5),
        shift: T::from_f64(0.5),
        ..Product::new(n, Kind::Symmetric, &[(q, q)])
    }
    .write(defect);
    let mut step = Shared::stale(n * n);
    let step = step.get_mut().unwrap_or_default();
    product([n, n, n], q, [n, 1], defect, [n, 1], false, step);
    q.iter_mut().zip(step).for_each(|(q, s)| *q += *s);
}
