//! modReLU: sign z · max(|z| + b, 0), and its cotangents in one pass.

use super::rows_of;
use crate::real::Real;
use crate::reduce;
use crate::simd::{Isa, Kernel, simd};
use crate::threads::{for_each_chunk_with, for_each_pair};
use crate::view::View;

/// y = sign z · max(|z| + b, 0) for rows as long as b; 0 where z is 0.
///
/// # Panics
/// If the lengths do not fit.
pub fn mod_relu<T: Real>(z: &[T], b: &[T], y: &mut [T]) {
    let n = b.len();
    assert!(
        z.len() == y.len() && (y.is_empty() || (n > 0 && y.len().is_multiple_of(n))),
        "mod_relu: lengths do not fit"
    );
    let each = rows_of(n) * n;
    for_each_chunk_with(y, each, z.len(), |from, y| simd(Forward { z: &z[from..from + y.len()], b, y }));
}

struct Forward<'a, T> {
    z: &'a [T],
    b: &'a [T],
    y: &'a mut [T],
}

impl<T: Real> Kernel for Forward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, _: S) {
        let n = self.b.len();
        for (z, y) in self.z.chunks_exact(n).zip(self.y.chunks_exact_mut(n)) {
            for j in 0..n {
                let size = z[j].abs() + self.b[j];
                // NaN is not ≤ 0: it passes.
                let closed = (size <= T::ZERO) | (z[j] == T::ZERO);
                y[j] = if closed { T::ZERO } else { size.copysign(z[j]) };
            }
        }
    }
}

/// The cotangents of [`mod_relu`]: where the gate is open, |z| + b > 0 and z ≠ 0, dz = g and db = Σ g sign z over the rows; else 0.
///
/// # Panics
/// If the lengths do not fit.
pub fn mod_relu_pull<T: Real>(z: &[T], b: &[T], g: &[T], dz: &mut [T], db: &mut [T]) {
    let n = b.len();
    let fits = z.len() == dz.len() && g.len() == dz.len() && db.len() == n;
    assert!(fits && (dz.is_empty() || (n > 0 && dz.len().is_multiple_of(n))), "mod_relu_pull: lengths do not fit");
    if dz.is_empty() {
        return db.fill(T::ZERO);
    }
    let each = rows_of(n) * n;
    let pieces = dz.len().div_ceil(each);
    let mut partial = vec![T::ZERO; pieces * n];
    for_each_pair((dz, &mut partial[..]), [each, n], 2 * z.len(), |i, dz, db| {
        let (from, to) = (i * each, i * each + dz.len());
        simd(Backward { z: &z[from..to], b, g: &g[from..to], dz, db });
    });
    reduce::sum(View { data: &partial, shape: &[pieces, n], strides: &[n, 1] }, &[true, false], db);
}

struct Backward<'a, T> {
    z: &'a [T],
    b: &'a [T],
    g: &'a [T],
    dz: &'a mut [T],
    db: &'a mut [T],
}

impl<T: Real> Kernel for Backward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, _: S) {
        let Backward { z, b, g, dz, db } = self;
        let n = b.len();
        for ((z, g), dz) in z.chunks_exact(n).zip(g.chunks_exact(n)).zip(dz.chunks_exact_mut(n)) {
            for j in 0..n {
                let closed = (z[j].abs() + b[j] <= T::ZERO) | (z[j] == T::ZERO);
                let d = if closed { T::ZERO } else { g[j] };
                dz[j] = d;
                db[j] += if z[j] < T::ZERO { -d } else { d };
            }
        }
    }
}
