//! Products and moves of blocks inside larger row-major matrices.

use super::error::Error;
use crate::matmul::matmul;
use crate::real::Real;
use crate::simd::Isa;
use crate::view::View;

/// out = a·b (+ out where `accumulate`), a `[m, k]` and b `[k, n]` with strides `sa`, `sb`, out row-major without gaps.
#[inline]
pub(super) fn product<T: Real>(
    [m, k, n]: [usize; 3],
    a: &[T],
    sa: [usize; 2],
    b: &[T],
    sb: [usize; 2],
    accumulate: bool,
    out: &mut [T],
) {
    let a = View { data: a, shape: &[m, k], strides: &sa };
    let b = View { data: b, shape: &[k, n], strides: &sb };
    matmul(a, b, accumulate, &mut out[..m * n]);
}

/// out = a·b for square matrices.
#[inline]
pub(super) fn square<T: Real>(n: usize, a: &[T], b: &[T], accumulate: bool, out: &mut [T]) {
    product([n, n, n], a, [n, 1], b, [n, 1], accumulate, out);
}

/// c −= x: x is a row-major block of width n without gaps, the rows of c are `ld` apart.
pub(super) fn subtract<T: Real>(n: usize, x: &[T], c: &mut [T], ld: usize) {
    if n == 0 {
        return;
    }
    for (x, c) in x.chunks_exact(n).zip(c.chunks_mut(ld)) {
        for (c, &x) in c[..n].iter_mut().zip(x) {
            *c -= x;
        }
    }
}

/// Copies a block of width n between row-major storage of leading dimensions `lx` and `ly`.
pub(super) fn copy_block<T: Real>(m: usize, n: usize, x: &[T], lx: usize, y: &mut [T], ly: usize) {
    if n == 0 {
        return;
    }
    for (x, y) in x.chunks(lx).zip(y.chunks_mut(ly)).take(m) {
        y[..n].copy_from_slice(&x[..n]);
    }
}

/// y = xᵀ: x is m x n with rows `lx` apart, y is n x m with rows `ly` apart. In tiles, for the cache.
pub(super) fn transpose<T: Real>(m: usize, n: usize, x: &[T], lx: usize, y: &mut [T], ly: usize) {
    const TILE: usize = 16;
    for i0 in (0..m).step_by(TILE) {
        let i1 = (i0 + TILE).min(m);
        for j0 in (0..n).step_by(TILE) {
            for j in j0..(j0 + TILE).min(n) {
                let row = &mut y[j * ly + i0..j * ly + i1];
                for (i, y) in (i0..i1).zip(row) {
                    *y = x[i * lx + j];
                }
            }
        }
    }
}

/// y += a·x.
#[inline(always)]
pub(super) fn axpy<T: Real, S: Isa>(s: S, a: T, x: &[T], y: &mut [T]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = s.mul_add(a, x, *y);
    }
}

/// Σ xᵢyᵢ in 16 interleaved sums, added in a fixed order.
#[inline(always)]
pub(super) fn dot<T: Real, S: Isa>(s: S, x: &[T], y: &[T]) -> T {
    let mut sums = [T::ZERO; 16];
    let (x, y) = (&x[..x.len().min(y.len())], &y[..x.len().min(y.len())]);
    let (xs, ys) = (x.chunks_exact(16), y.chunks_exact(16));
    let tail = xs.remainder().iter().zip(ys.remainder()).fold(T::ZERO, |t, (&x, &y)| s.mul_add(x, y, t));
    for (x, y) in xs.zip(ys) {
        for k in 0..16 {
            sums[k] = s.mul_add(x[k], y[k], sums[k]);
        }
    }
    let mut width = 8;
    while width > 0 {
        for k in 0..width {
            sums[k] += sums[k + width];
        }
        width /= 2;
    }
    sums[0] + tail
}

/// Refuses entries that are infinite or not a number.
pub(super) fn finite<T: Real>(what: &'static str, x: &[T]) -> Result<(), Error> {
    match x.iter().position(|x| !x.is_finite()) {
        Some(at) => Err(Error::NotFinite { what, at }),
        None => Ok(()),
    }
}

/// The 1-norm, the largest absolute column sum, summed in double precision so that it cannot overflow in `f32`.
pub(super) fn norm_1<T: Real>(n: usize, a: &[T]) -> f64 {
    let mut sums = vec![0.0; n];
    for row in a.chunks_exact(n.max(1)) {
        for (s, &x) in sums.iter_mut().zip(row) {
            *s += x.abs().to_f64();
        }
    }
    sums.into_iter().fold(0.0, f64::max)
}
