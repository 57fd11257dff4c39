//! LU factorisation with row exchanges, by halving, and the systems it solves.

use super::blocks::{axpy, copy_block, finite, product, subtract};
use super::error::Error;
use super::triangular::{System, Triangular, triangular_solve};
use crate::buffer::Shared;
use crate::real::Real;
use crate::simd::{Isa, Kernel, simd};

/// P·A = L·U in place: U on and above the diagonal, L (unit diagonal) below; step i exchanged rows i and `pivots[i]`.
///
/// Source: Golub & Van Loan, Matrix Computations, 3.4; recursive by columns (Toledo 1997).
///
/// # Errors
/// [`Error::Singular`] names the first pivot that is 0; the factorisation is complete all the same (so its determinant is 0).
/// [`Error::NotFinite`] before anything is done.
///
/// # Panics
/// If `a` has not n² numbers or `pivots` not n.
pub fn lu_factor<T: Real>(n: usize, a: &mut [T], pivots: &mut [u32]) -> Result<(), Error> {
    assert_eq!(a.len(), n * n, "lu_factor: a is not {n} x {n}");
    assert_eq!(pivots.len(), n, "lu_factor: {} pivots for order {n}", pivots.len());
    finite("lu_factor", a)?;
    let mut spare = Shared::stale(n * n);
    columns(n, a, pivots, 0, n, spare.get_mut().unwrap_or_default());
    match (0..n).find(|&i| a[i * n + i] == T::ZERO) {
        Some(pivot) => Err(Error::Singular { what: "lu_factor", pivot }),
        None => Ok(()),
    }
}

const BASE: usize = 16;

/// Factors columns c0..c1 of the rows from c0 on; exchanges whole rows.
fn columns<T: Real>(n: usize, a: &mut [T], pivots: &mut [u32], c0: usize, c1: usize, spare: &mut [T]) {
    let w = c1 - c0;
    if w <= BASE {
        return simd(Panel { n, a, pivots, c0, c1 });
    }
    let h = (w / 2).next_multiple_of(8).min(w);
    let mid = c0 + h;
    let r = w - h;
    columns(n, a, pivots, c0, mid, spare);
    let (top, bottom) = a.split_at_mut(mid * n);
    // U₁₂ = L₁₁⁻¹A₁₂ on a copy without gaps.
    let (x, rest) = spare.split_at_mut(h * r);
    copy_block(h, r, &top[c0 * n + mid..], n, x, r);
    System { lower: true, unit: true }.solve(h, &top[c0 * n + c0..], [n, 1], r, x, rest);
    copy_block(h, r, x, r, &mut top[c0 * n + mid..], n);
    // A₂₂ −= L₂₁·U₁₂ in strips of rows.
    const STRIP: usize = 128;
    for rows in bottom.chunks_mut(STRIP * n) {
        let m = rows.len() / n;
        product([m, h, r], &rows[c0..], [n, 1], x, [r, 1], false, rest);
        subtract(r, &rest[..m * r], &mut rows[mid..], n);
    }
    columns(n, a, pivots, mid, c1, spare);
}

struct Panel<'a, T> {
    n: usize,
    a: &'a mut [T],
    pivots: &'a mut [u32],
    c0: usize,
    c1: usize,
}

impl<T: Real> Kernel for Panel<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let Panel { n, a, pivots, c0, c1 } = self;
        for j in c0..c1 {
            let mut p = j;
            for i in j + 1..n {
                if a[i * n + j].abs() > a[p * n + j].abs() {
                    p = i;
                }
            }
            pivots[j] = p as u32;
            let (above, below) = a.split_at_mut((j + 1) * n);
            let row = &mut above[j * n..];
            if p != j {
                row.swap_with_slice(&mut below[(p - j - 1) * n..(p - j) * n]);
            }
            let d = row[j];
            if d == T::ZERO {
                continue;
            }
            for other in below.chunks_exact_mut(n) {
                let f = other[j] / d;
                other[j] = f;
                axpy(s, -f, &row[j + 1..c1], &mut other[j + 1..c1]);
            }
        }
    }
}

/// Solves A·X = B, B n x m, from the factors of [`lu_factor`]; X replaces B.
///
/// # Errors
/// [`Error::Singular`] where a pivot is 0; B is then unspecified.
///
/// # Panics
/// If the lengths do not fit.
pub fn lu_solve<T: Real>(n: usize, m: usize, lu: &[T], pivots: &[u32], b: &mut [T]) -> Result<(), Error> {
    assert_eq!(b.len(), n * m, "lu_solve: b is not {n} x {m}");
    for (i, &p) in pivots.iter().enumerate() {
        swap_rows(m, b, i, p as usize);
    }
    triangular_solve(n, m, Triangular::LOWER.unit(), lu, b)?;
    triangular_solve(n, m, Triangular::UPPER, lu, b).map_err(|e| e.of("lu_solve"))
}

/// Solves Aᵀ·X = B, B n x m, from the factors of [`lu_factor`] of A; X replaces B.
///
/// # Errors
/// [`Error::Singular`] where a pivot is 0; B is then unspecified.
///
/// # Panics
/// If the lengths do not fit.
pub fn lu_solve_transposed<T: Real>(n: usize, m: usize, lu: &[T], pivots: &[u32], b: &mut [T]) -> Result<(), Error> {
    assert_eq!(b.len(), n * m, "lu_solve_transposed: b is not {n} x {m}");
    triangular_solve(n, m, Triangular::UPPER.transposed(), lu, b).map_err(|e| e.of("lu_solve"))?;
    triangular_solve(n, m, Triangular::LOWER.unit().transposed(), lu, b)?;
    for (i, &p) in pivots.iter().enumerate().rev() {
        swap_rows(m, b, i, p as usize);
    }
    Ok(())
}

fn swap_rows<T: Real>(m: usize, b: &mut [T], i: usize, p: usize) {
    if i != p {
        let (above, below) = b.split_at_mut(p.max(i) * m);
        above[p.min(i) * m..][..m].swap_with_slice(&mut below[..m]);
    }
}
