//! Jacobi's rotations: singular values and symmetric eigenvalues that always converge. Slow, accurate, no dependency.

use super::blocks::{axpy, dot, transpose};
use super::error::Error;
use crate::real::Real;
use crate::simd::{Isa, Kernel, simd};

/// Sweeps over all pairs; about ten are usual.
const SWEEPS: usize = 60;

/// One-sided Jacobi (Hestenes 1958): turns pairs of the n rows of `w` (each m long) until all are orthogonal; `v` (n x n) takes
/// the same turns. Both row-major.
pub(super) fn orthogonalise<T: Real>(n: usize, m: usize, w: &mut [T], v: &mut [T]) -> Result<(), Error> {
    for _ in 0..SWEEPS {
        let mut turned = false;
        for p in 0..n {
            for q in p + 1..n {
                turned |= simd(Pair { w: two(w, m, p, q), v: two(v, n, p, q) });
            }
        }
        if !turned {
            return Ok(());
        }
    }
    Err(Error::NoConvergence { what: "svd", rounds: SWEEPS })
}

fn two<T>(x: &mut [T], len: usize, p: usize, q: usize) -> [&mut [T]; 2] {
    let (a, b) = x.split_at_mut(q * len);
    [&mut a[p * len..(p + 1) * len], &mut b[..len]]
}

struct Pair<'a, T> {
    w: [&'a mut [T]; 2],
    v: [&'a mut [T]; 2],
}

impl<T: Real> Kernel for Pair<'_, T> {
    type Output = bool;
    #[inline(always)]
    fn run<S: Isa>(self, s: S) -> bool {
        let Pair { w: [x, y], v: [vx, vy] } = self;
        let (a, b, c) = (dot(s, x, x), dot(s, y, y), dot(s, x, y));
        if c.abs() <= T::EPSILON * a.sqrt() * b.sqrt() || c == T::ZERO {
            return false;
        }
        let (cos, sin) = turn(a, b, c);
        rotate(s, cos, sin, x, y);
        rotate(s, cos, sin, vx, vy);
        true
    }
}

/// The rotation that makes [[a, c], [c, b]] diagonal: the smaller of the two angles.
#[inline(always)]
fn turn<T: Real>(a: T, b: T, c: T) -> (T, T) {
    let zeta = (b - a) / (c + c);
    let t = if zeta.abs() < T::ONE / T::EPSILON {
        (T::ONE / (zeta.abs() + (T::ONE + zeta * zeta).sqrt())).copysign(zeta)
    } else {
        T::ONE / (zeta + zeta)
    };
    let cos = T::ONE / (T::ONE + t * t).sqrt();
    (cos, cos * t)
}

#[inline(always)]
fn rotate<T: Real, S: Isa>(s: S, cos: T, sin: T, x: &mut [T], y: &mut [T]) {
    for (x, y) in x.iter_mut().zip(y) {
        (*x, *y) = (s.mul_add(cos, *x, -(sin * *y)), s.mul_add(sin, *x, cos * *y));
    }
}

/// Two-sided Jacobi on a symmetric matrix (n x n, overwritten): its diagonal becomes the eigenvalues, the rows of `v` the vectors.
pub(super) fn diagonalise<T: Real>(n: usize, a: &mut [T], v: &mut [T]) -> Result<(), Error> {
    for _ in 0..SWEEPS {
        let mut turned = false;
        for p in 0..n {
            for q in p + 1..n {
                let (x, y, c) = (a[p * n + p], a[q * n + q], a[p * n + q]);
                let small = T::EPSILON * T::from_f64(0.25);
                if c == T::ZERO || c.abs() <= small * x.abs().sqrt() * y.abs().sqrt() {
                    continue;
                }
                if x.abs() + c.abs() * small == x.abs() && c.abs() <= T::MIN_POSITIVE {
                    continue;
                }
                turned = true;
                let (cos, sin) = turn(x, y, c);
                simd(Both { n, p, q, cos, sin, a, v });
            }
        }
        if !turned {
            return Ok(());
        }
    }
    // What remains off the diagonal may be rounding against entries that are zero: then it is done.
    let size = (0..n).fold(T::ZERO, |m, i| if a[i * n + i].abs() > m { a[i * n + i].abs() } else { m });
    let off = (0..n * n).filter(|k| k % (n + 1) != 0).fold(T::ZERO, |m, k| if a[k].abs() > m { a[k].abs() } else { m });
    if off <= size * T::EPSILON {
        return Ok(());
    }
    Err(Error::NoConvergence { what: "symmetric_eigen", rounds: SWEEPS })
}

struct Both<'a, T> {
    n: usize,
    p: usize,
    q: usize,
    cos: T,
    sin: T,
    a: &'a mut [T],
    v: &'a mut [T],
}

impl<T: Real> Kernel for Both<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let Both { n, p, q, cos, sin, a, v } = self;
        let [x, y] = two(a, n, p, q);
        rotate(s, cos, sin, x, y);
        for row in a.chunks_exact_mut(n) {
            (row[p], row[q]) = (cos * row[p] - sin * row[q], sin * row[p] + cos * row[q]);
        }
        (a[p * n + q], a[q * n + p]) = (T::ZERO, T::ZERO);
        let [x, y] = two(v, n, p, q);
        rotate(s, cos, sin, x, y);
    }
}

/// Replaces the rows of `u` (n rows, m long, n ≤ m) whose flag is false by vectors orthonormal to all others.
pub(super) fn complete<T: Real>(n: usize, m: usize, u: &mut [T], filled: &mut [bool]) {
    struct Fill<'a, T>(usize, usize, &'a mut [T], &'a mut [bool]);
    impl<T: Real> Kernel for Fill<'_, T> {
        type Output = ();
        #[inline(always)]
        fn run<S: Isa>(self, s: S) {
            let Fill(n, m, u, filled) = self;
            let mut axis = 0;
            for i in 0..n {
                while !filled[i] {
                    let mut x = vec![T::ZERO; m];
                    x[axis % m] = T::ONE;
                    axis += 1;
                    for _ in 0..2 {
                        for j in (0..n).filter(|&j| filled[j]) {
                            let row = &u[j * m..(j + 1) * m];
                            axpy(s, -dot(s, row, &x), row, &mut x);
                        }
                    }
                    let length = dot(s, &x, &x).sqrt();
                    // At least one axis keeps 1/√m of its length.
                    if length * length * T::from_usize(2 * m) > T::ONE {
                        u[i * m..(i + 1) * m].iter_mut().zip(&x).for_each(|(u, &x)| *u = x / length);
                        filled[i] = true;
                    }
                }
            }
        }
    }
    simd(Fill(n, m, u, filled));
}

/// The transpose as a new vector.
pub(super) fn transposed<T: Real>(m: usize, n: usize, a: &[T]) -> Vec<T> {
    let mut out = vec![T::ZERO; m * n];
    transpose(m, n, a, n, &mut out, m);
    out
}
