//! Products that are symmetric or skew: half of the work, in strips of rows up to the diagonal.

use super::blocks::axpy;
use crate::buffer::Shared;
use crate::matmul::{Packed, nanos};
use crate::real::Real;
use crate::simd::{Isa, Kernel, simd};
use crate::threads::for_each_piece_with;
use crate::view::View;

/// Whether a matrix equals its transpose or the negative of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Xᵀ = X.
    Symmetric,
    /// Xᵀ = −X.
    Skew,
}

/// Rows in a strip: few, so that little is computed above the diagonal, but some tiles of the product high.
const STRIP: usize = 24;

/// out = factor·Σ xᵢ·yᵢ + Σ cₖMₖ + shift·I where the whole is symmetric or skew, so that the half on and below the diagonal tells
/// the other. With `add`, a skew result is added to what `out` holds.
pub(super) struct Product<'a, T> {
    pub(super) n: usize,
    pub(super) kind: Kind,
    pub(super) terms: &'a [(&'a [T], &'a [T])],
    /// Whether the left factors are read transposed.
    pub(super) transposed: bool,
    pub(super) factor: T,
    pub(super) plus: &'a [(T, &'a [T])],
    pub(super) shift: T,
    pub(super) add: bool,
}

impl<'a, T: Real> Product<'a, T> {
    /// Σ xᵢ·yᵢ.
    pub(super) fn new(n: usize, kind: Kind, terms: &'a [(&'a [T], &'a [T])]) -> Self {
        Product { n, kind, terms, transposed: false, factor: T::ONE, plus: &[], shift: T::ZERO, add: false }
    }

    /// Computes it. The right factors are packed once for all strips; the strips are shared among threads.
    pub(super) fn write(self, out: &mut [T]) {
        let n = self.n;
        assert_eq!(out.len(), n * n, "Product: out is not {n} x {n}");
        let right: Vec<Packed<T>> =
            self.terms.iter().map(|(_, y)| Packed::new(View { data: y, shape: &[n, n], strides: &[n, 1] })).collect();
        let strips = n.div_ceil(STRIP);
        let target = Target(out.as_mut_ptr());
        for_each_piece_with(strips, nanos::<T>(self.terms.len() * n * n * n / 2), |piece| {
            // The longest at both ends, where threads begin.
            let longer = if piece < strips.div_ceil(2) { 2 * piece } else { 2 * (strips - 1 - piece) + 1 };
            let i0 = (strips - 1 - longer) * STRIP;
            let i1 = (i0 + STRIP).min(n);
            let m = i1 - i0;
            let mut room = Shared::stale(m * i1);
            let rows = room.get_mut().unwrap_or_default();
            for (k, ((x, _), y)) in self.terms.iter().zip(&right).enumerate() {
                let (data, strides) = if self.transposed { (&x[i0..], [1, n]) } else { (&x[i0 * n..], [n, 1]) };
                y.product(View { data, shape: &[m, n], strides: &strides }, i1, k > 0, rows);
            }
            simd(Finish { task: &self, i0, i1, rows, out: target });
        });
    }
}

/// The result, of which each strip writes its own part: row i up to i for its rows, and column i up to i.
#[derive(Clone, Copy)]
struct Target<T>(*mut T);
// SAFETY: strips write disjoint parts.
unsafe impl<T: Send> Send for Target<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Target<T> {}

impl<T> Target<T> {
    /// The numbers from `from` on.
    ///
    /// # Safety
    /// They lie inside the result, and nobody else uses them.
    #[inline(always)]
    unsafe fn run<'a>(self, from: usize, len: usize) -> &'a mut [T] {
        // SAFETY: the caller's.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(from), len) }
    }
}

/// Scales a strip, adds what is to be added, and writes it and its mirror image.
struct Finish<'a, 'b, T> {
    task: &'b Product<'a, T>,
    i0: usize,
    i1: usize,
    rows: &'b mut [T],
    out: Target<T>,
}

impl<T: Real> Kernel for Finish<'_, '_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let Finish { task, i0, i1, rows, out: target } = self;
        let n = task.n;
        for (i, row) in (i0..i1).zip(rows.chunks_exact_mut(i1)) {
            if task.factor != T::ONE {
                row.iter_mut().for_each(|x| *x *= task.factor);
            }
            for (c, m) in task.plus {
                axpy(s, *c, &m[i * n..i * n + i1], row);
            }
            row[i] += task.shift;
            if task.kind == Kind::Skew {
                row[i] = T::ZERO;
            }
            // SAFETY: row i up to the diagonal, which this strip alone writes.
            let out = unsafe { target.run(i * n, i + 1) };
            if task.add {
                out.iter_mut().zip(&*row).for_each(|(y, &x)| *y += x);
            } else {
                out.copy_from_slice(&row[..=i]);
            }
        }
        const TILE: usize = 16;
        for j0 in (0..i1).step_by(TILE) {
            for t0 in (i0..i1).step_by(TILE) {
                for j in j0..(j0 + TILE).min(i1) {
                    let first = t0.max(j + 1);
                    let last = (t0 + TILE).min(i1);
                    if first >= last {
                        continue;
                    }
                    // SAFETY: row j beyond the diagonal, in columns that are rows of this strip alone.
                    let out = unsafe { target.run(j * n + first, last - first) };
                    let from = (first - i0) * i1 + j;
                    let image = rows[from..].iter().step_by(i1);
                    match (task.kind, task.add) {
                        (Kind::Symmetric, false) => out.iter_mut().zip(image).for_each(|(y, &x)| *y = x),
                        (Kind::Symmetric, true) => out.iter_mut().zip(image).for_each(|(y, &x)| *y += x),
                        (Kind::Skew, false) => out.iter_mut().zip(image).for_each(|(y, &x)| *y = -x),
                        (Kind::Skew, true) => out.iter_mut().zip(image).for_each(|(y, &x)| *y -= x),
                    }
                }
            }
        }
    }
}

/// outᵢ = Σ cᵢₖ·Tₖ for several coefficient rows at once (c₀ on the diagonal), in one pass over the powers T₁, T₂, ….
pub(super) fn combine<T: Real, const N: usize>(n: usize, c: [&[T]; N], powers: &[&[T]], mut out: [&mut [T]; N]) {
    struct Run<'b, 'o, T, const N: usize>([&'b [T]; N], &'b [&'b [T]], &'b mut [&'o mut [T]; N], usize, usize);
    impl<T: Real, const N: usize> Kernel for Run<'_, '_, T, N> {
        type Output = ();
        #[inline(always)]
        fn run<S: Isa>(self, s: S) {
            let Run(c, powers, out, from, to) = self;
            for (out, c) in out.iter_mut().zip(c) {
                let out = &mut out[from..to];
                match powers.first() {
                    Some(p) => out.iter_mut().zip(&p[from..to]).for_each(|(y, &x)| *y = c[1] * x),
                    None => out.fill(T::ZERO),
                }
                for (p, &c) in powers.iter().zip(&c[1..]).skip(1) {
                    axpy(s, c, &p[from..to], out);
                }
            }
        }
    }
    const CHUNK: usize = 1024;
    for from in (0..n * n).step_by(CHUNK) {
        simd(Run(c, powers, &mut out, from, (from + CHUNK).min(n * n)));
    }
    for (out, c) in out.iter_mut().zip(c) {
        out.iter_mut().step_by(n + 1).for_each(|x| *x += c[0]);
    }
}
