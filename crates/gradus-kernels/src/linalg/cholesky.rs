//! Cholesky factorisation A = L·Lᵀ by halving.

use super::blocks::{axpy, product, subtract, transpose};
use super::error::Error;
use super::triangular::System;
use crate::buffer::Shared;
use crate::real::Real;
use crate::simd::{Isa, Kernel, simd};

/// L lower triangular with positive diagonal, A = L·Lᵀ; zeros above the diagonal.
///
/// Reads A (n x n) on and below the diagonal only. An error leaves `out` unspecified.
/// Source: Golub & Van Loan, Matrix Computations, 4.2.
///
/// # Errors
/// [`Error::NotPositiveDefinite`] with the row of the first pivot that is not a positive finite number.
///
/// # Panics
/// If `a` or `out` has not n² numbers.
pub fn cholesky<T: Real>(n: usize, a: &[T], out: &mut [T]) -> Result<(), Error> {
    assert_eq!(a.len(), n * n, "cholesky: a is not {n} x {n}");
    assert_eq!(out.len(), n * n, "cholesky: out is not {n} x {n}");
    for i in 0..n {
        let row = &mut out[i * n..(i + 1) * n];
        row[..=i].copy_from_slice(&a[i * n..=i * n + i]);
        row[i + 1..].fill(T::ZERO);
    }
    let mut spare = Shared::stale(n * n);
    factor(n, out, n, spare.get_mut().unwrap_or_default(), 0)
}

const BASE: usize = 32;

/// Factors the lower half of the n x n block that starts at `a`; `first` is its first row in the whole matrix.
fn factor<T: Real>(n: usize, a: &mut [T], ld: usize, spare: &mut [T], first: usize) -> Result<(), Error> {
    if n <= BASE {
        let failed = simd(Rows { n, a, ld });
        return failed.map_or(Ok(()), |i| Err(Error::NotPositiveDefinite { what: "cholesky", pivot: first + i }));
    }
    let h = (n / 2).next_multiple_of(16).min(n);
    let m = n - h;
    factor(h, a, ld, spare, first)?;
    let (top, bottom) = a.split_at_mut(h * ld);
    // L₂₁ = A₂₁L₁₁⁻ᵀ, that is L₁₁·L₂₁ᵀ = A₂₁ᵀ.
    let (x, rest) = spare.split_at_mut(h * m);
    transpose(m, h, bottom, ld, x, m);
    System { lower: true, unit: false }.solve(h, top, [ld, 1], m, x, rest);
    transpose(h, m, x, m, bottom, ld);
    // A₂₂ −= L₂₁·L₂₁ᵀ, in strips up to the diagonal.
    const STRIP: usize = 128;
    for i0 in (0..m).step_by(STRIP) {
        let i1 = (i0 + STRIP).min(m);
        product([i1 - i0, h, i1], &x[i0..], [1, m], x, [m, 1], false, rest);
        subtract(i1, &rest[..(i1 - i0) * i1], &mut bottom[i0 * ld + h..], ld);
    }
    // The strips reach above the diagonal of the block; there the factor is zero.
    for i in 0..m {
        bottom[i * ld + h + i + 1..i * ld + h + m].fill(T::ZERO);
    }
    factor(m, &mut bottom[h..], ld, spare, first + h)
}

struct Rows<'a, T> {
    n: usize,
    a: &'a mut [T],
    ld: usize,
}

impl<T: Real> Kernel for Rows<'_, T> {
    type Output = Option<usize>;
    /// Column by column of a transposed copy, so that the updates run along rows; answers the failing row.
    #[inline(always)]
    fn run<S: Isa>(self, s: S) -> Option<usize> {
        let Rows { n, a, ld } = self;
        let mut u = [T::ZERO; BASE * BASE];
        transpose(n, n, a, ld, &mut u, BASE);
        for i in 0..n {
            let (above, row) = u.split_at_mut(i * BASE);
            let row = &mut row[i..n];
            for k in 0..i {
                let up = &above[k * BASE..k * BASE + n];
                axpy(s, -up[i], &up[i..], row);
            }
            let d = row[0];
            if !(d > T::ZERO && d.is_finite()) {
                return Some(i);
            }
            let root = d.sqrt();
            row[0] = root;
            row[1..].iter_mut().for_each(|x| *x /= root);
        }
        for i in 0..n {
            for j in 0..=i {
                a[i * ld + j] = u[j * BASE + i];
            }
        }
        None
    }
}
