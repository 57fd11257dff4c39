//! The mean of every window.

use super::planes_of;
use super::shape::{PoolShape, Windows};
use crate::real::Real;
use crate::simd::{Isa, Kernel, simd};
use crate::threads::for_each_chunk_with;

/// y[p, o] = mean over window o of image p. `count_padding`: whether points in the padding count as zeros, or not at all.
///
/// Shapes: x `[planes, h, w]`, out `[planes, oh, ow]`, row-major.
///
/// # Panics
/// If the shape is refused by [`PoolShape::output`], or a slice has another length.
pub fn average_pool<T: Real>(shape: &PoolShape, count_padding: bool, x: &[T], out: &mut [T]) {
    let [oh, ow] = shape.checked(x.len(), out.len());
    if out.is_empty() {
        return;
    }
    let [h, w] = shape.spatial;
    let (area, small) = (h * w, oh * ow);
    let tables = Tables::new(shape, count_padding, [oh, ow]);
    for_each_chunk_with(out, planes_of(area) * small, x.len(), |start, out| {
        for (x, out) in x[start / small * area..].chunks_exact(area).zip(out.chunks_exact_mut(small)) {
            if tables.pairs {
                simd(Pairs { width: w, ow, x, out });
            } else {
                tables.means(w, x, out);
            }
        }
    });
}

/// The adjoint of [`average_pool`]: out[p, q] = Σ g[p, o] / |window o| over the windows o that hold q.
///
/// # Panics
/// As [`average_pool`].
pub fn average_pool_adjoint<T: Real>(shape: &PoolShape, count_padding: bool, g: &[T], out: &mut [T]) {
    let [oh, ow] = shape.checked(out.len(), g.len());
    if g.is_empty() || out.is_empty() {
        return out.fill(T::ZERO);
    }
    let [h, w] = shape.spatial;
    let (area, small) = (h * w, oh * ow);
    let tables = Tables::new(shape, count_padding, [oh, ow]);
    let nanos = out.len();
    for_each_chunk_with(out, planes_of(area) * area, nanos, |start, out| {
        for (g, x) in g[start / area * small..].chunks_exact(small).zip(out.chunks_exact_mut(area)) {
            if tables.pairs {
                simd(PairsAdjoint { width: w, ow, g, x });
            } else {
                tables.spread(w, g, x);
            }
        }
    });
}

/// A window along one axis: first point, end, step, and the points that count.
type Reach = (usize, usize, usize, usize);

/// The windows along both axes, found once for all planes: they cost divisions.
struct Tables {
    pairs: bool,
    rows: Vec<Reach>,
    columns: Vec<Reach>,
}

impl Tables {
    fn new(shape: &PoolShape, count_padding: bool, output: [usize; 2]) -> Self {
        let along = |axis: usize| {
            let (n, windows) = (shape.spatial[axis], &shape.windows[axis]);
            let reach = |o| {
                let (start, end, step) = windows.window(n, o);
                (start, end, step, windows.count(n, o, count_padding))
            };
            (0..output[axis]).map(reach).collect()
        };
        Tables { pairs: shape.windows == [Windows::tiles(2); 2], rows: along(0), columns: along(1) }
    }

    fn means<T: Real>(&self, w: usize, x: &[T], out: &mut [T]) {
        for (&(top, bottom, down, high), out) in self.rows.iter().zip(out.chunks_exact_mut(self.columns.len())) {
            for (&(left, right, along, wide), y) in self.columns.iter().zip(out) {
                let mut sum = T::ZERO;
                for r in (top..bottom).step_by(down) {
                    for q in (r * w + left..r * w + right).step_by(along) {
                        sum += x[q];
                    }
                }
                *y = sum / T::from_usize(high * wide);
            }
        }
    }

    fn spread<T: Real>(&self, w: usize, g: &[T], x: &mut [T]) {
        x.fill(T::ZERO);
        for (&(top, bottom, down, high), g) in self.rows.iter().zip(g.chunks_exact(self.columns.len())) {
            for (&(left, right, along, wide), &g) in self.columns.iter().zip(g) {
                let g = g / T::from_usize(high * wide);
                for r in (top..bottom).step_by(down) {
                    for q in (r * w + left..r * w + right).step_by(along) {
                        x[q] += g;
                    }
                }
            }
        }
    }
}

/// The means of the tiles of 2 x 2 of one plane.
struct Pairs<'a, T> {
    width: usize,
    ow: usize,
    x: &'a [T],
    out: &'a mut [T],
}

impl<T: Real> Kernel for Pairs<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, _: S) {
        let Pairs { width, ow, x, out } = self;
        let quarter = T::ONE / T::from_usize(4);
        for (x, y) in x.chunks_exact(2 * width).zip(out.chunks_exact_mut(ow)) {
            let (a, b) = (&x[..2 * ow], &x[width..][..2 * ow]);
            for j in 0..ow {
                y[j] = (a[2 * j] + a[2 * j + 1] + b[2 * j] + b[2 * j + 1]) * quarter;
            }
        }
    }
}

/// A quarter of every number on the four points of its tile.
struct PairsAdjoint<'a, T> {
    width: usize,
    ow: usize,
    g: &'a [T],
    x: &'a mut [T],
}

impl<T: Real> Kernel for PairsAdjoint<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, _: S) {
        let PairsAdjoint { width, ow, g, x } = self;
        let quarter = T::ONE / T::from_usize(4);
        let covered = g.len() / ow * 2 * width;
        x[covered..].fill(T::ZERO);
        for (g, x) in g.chunks_exact(ow).zip(x.chunks_exact_mut(2 * width)) {
            let (a, b) = x.split_at_mut(width);
            for line in [a, b] {
                for j in 0..ow {
                    (line[2 * j], line[2 * j + 1]) = (g[j] * quarter, g[j] * quarter);
                }
                line[2 * ow..].fill(T::ZERO);
            }
        }
    }
}
