//! The largest element of every window, and where it was.

use super::planes_of;
use super::shape::{PoolShape, Windows};
use crate::matmul::Target;
use crate::real::Real;
use crate::simd::{Isa, Kernel, simd};
use crate::threads::{for_each_chunk_with, for_each_piece_with};

/// y[p, o] = max over window o of image p; `index` receives the position of the (first) maximum inside its image.
/// A NaN in a window is its maximum.
///
/// Shapes: x `[planes, h, w]`, out and index `[planes, oh, ow]`, row-major.
///
/// # Panics
/// If the shape is refused by [`PoolShape::output`], or a slice has another length.
pub fn max_pool<T: Real>(shape: &PoolShape, x: &[T], out: &mut [T], index: &mut [u32]) {
    let [oh, ow] = shape.checked(x.len(), out.len());
    assert_eq!(index.len(), out.len(), "max_pool: index must be as long as out");
    if out.is_empty() {
        return;
    }
    let [h, w] = shape.spatial;
    assert!(h * w <= u32::MAX as usize, "max_pool: an image of {h} x {w} points has positions beyond u32");
    let pairs = shape.windows == [Windows::tiles(2); 2];
    let corner = |i: usize| (2 * (i / ow) * w + 2 * (i % ow)) as u32;
    let corners: Vec<u32> = if pairs { (0..oh * ow).map(corner).collect() } else { Vec::new() };
    let (area, planes) = (oh * ow, planes_of(h * w));
    let (values, places) = (Target(out.as_mut_ptr()), Target(index.as_mut_ptr()));
    for_each_piece_with(shape.planes.div_ceil(planes), x.len() / 2, |piece| {
        let mut scratch = (Vec::new(), Vec::new());
        for p in piece * planes..shape.planes.min((piece + 1) * planes) {
            // SAFETY: plane p of both results belongs to this piece alone; both hold `planes` planes of `area` numbers.
            let (out, index) = unsafe {
                (
                    std::slice::from_raw_parts_mut(values.at(p * area), area),
                    std::slice::from_raw_parts_mut(places.at(p * area), area),
                )
            };
            let x = &x[p * h * w..(p + 1) * h * w];
            if pairs {
                simd(Pairs { width: w, x, out, index, corners: &corners, scratch: &mut scratch });
            } else {
                plane(shape, x, ow, out, index);
            }
        }
    });
}

/// Whether `b` takes the place of the maximum `a`. A NaN wins and stays.
#[inline(always)]
#[allow(clippy::neg_cmp_op_on_partial_ord, reason = "a NaN b is not below a")]
fn takes<T: Real>(b: T, a: T) -> bool {
    !(b <= a) & !a.is_nan()
}

fn plane<T: Real>(shape: &PoolShape, x: &[T], ow: usize, out: &mut [T], index: &mut [u32]) {
    let [h, w] = shape.spatial;
    let [rows, columns] = &shape.windows;
    for (i, (y, at)) in out.chunks_exact_mut(ow).zip(index.chunks_exact_mut(ow)).enumerate() {
        let (top, bottom, down) = rows.window(h, i);
        for (j, (y, at)) in y.iter_mut().zip(at).enumerate() {
            let (left, right, along) = columns.window(w, j);
            let (mut best, mut place) = (x[top * w + left], top * w + left);
            for r in (top..bottom).step_by(down) {
                for q in (r * w + left..r * w + right).step_by(along) {
                    if takes(x[q], best) {
                        (best, place) = (x[q], q);
                    }
                }
            }
            (*y, *at) = (best, place as u32);
        }
    }
}

/// Tiles of 2 x 2 of one plane: the better of two rows along their length, then of two neighbours along all rows at once.
struct Pairs<'a, T> {
    width: usize,
    x: &'a [T],
    out: &'a mut [T],
    index: &'a mut [u32],
    /// The position of the upper left point of each window.
    corners: &'a [u32],
    scratch: &'a mut (Vec<T>, Vec<u32>),
}

impl<T: Real> Kernel for Pairs<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, _: S) {
        let Pairs { width, x, out, index, corners, scratch: (best, lower) } = self;
        let (n, run) = (out.len(), width / 2 * 2);
        best.resize(2 * n, T::ZERO);
        lower.resize(2 * n, 0);
        let lines = best.chunks_exact_mut(run).zip(lower.chunks_exact_mut(run));
        for ((best, lower), x) in lines.zip(x.chunks_exact(2 * width)) {
            let (top, bottom) = (&x[..run], &x[width..][..run]);
            for k in 0..run {
                let takes = takes(bottom[k], top[k]);
                best[k] = if takes { bottom[k] } else { top[k] };
                lower[k] = u32::from(takes);
            }
        }
        let (best, lower, index, corners) = (&best[..2 * n], &lower[..2 * n], &mut index[..n], &corners[..n]);
        for q in 0..n {
            let (a, b) = (best[2 * q], best[2 * q + 1]);
            let (p, r) = (lower[2 * q], lower[2 * q + 1]);
            // Of equal ones the upper is the first.
            let alike = (a == b) | (a.is_nan() & b.is_nan());
            let second = takes(b, a) | (alike & (p > r));
            out[q] = if second { b } else { a };
            index[q] = corners[q] + (if second { r } else { p }) * width as u32 + u32::from(second);
        }
    }
}

/// y[p, o] = x[p, index[p, o]]: the image read through the choice of [`max_pool`]. Linear in x.
///
/// # Panics
/// If the shape is refused, a slice has another length, or an index lies outside of an image.
pub fn pick<T: Real>(shape: &PoolShape, x: &[T], index: &[u32], out: &mut [T]) {
    let [oh, ow] = shape.checked(x.len(), out.len());
    assert_eq!(index.len(), out.len(), "pick: index must be as long as out");
    if out.is_empty() {
        return;
    }
    let (area, small) = (shape.spatial[0] * shape.spatial[1], oh * ow);
    for_each_chunk_with(out, planes_of(area) * small, index.len(), |start, out| {
        let planes = x[start / small * area..].chunks_exact(area);
        for ((y, at), x) in out.chunks_exact_mut(small).zip(index[start..].chunks_exact(small)).zip(planes) {
            y.iter_mut().zip(at).for_each(|(y, &at)| *y = x[at as usize]);
        }
    });
}

/// The adjoint of [`pick`]: out[p, q] = Σ g[p, o] over the o with index[p, o] = q, in the order of o.
///
/// # Panics
/// As [`pick`].
pub fn pick_adjoint<T: Real>(shape: &PoolShape, g: &[T], index: &[u32], out: &mut [T]) {
    let [oh, ow] = shape.checked(out.len(), g.len());
    assert_eq!(index.len(), g.len(), "pick_adjoint: index must be as long as g");
    if g.is_empty() || out.is_empty() {
        return out.fill(T::ZERO);
    }
    let (area, small) = (shape.spatial[0] * shape.spatial[1], oh * ow);
    for_each_chunk_with(out, planes_of(area) * area, 2 * g.len(), |start, out| {
        out.fill(T::ZERO);
        let start = start / area * small;
        let planes = g[start..].chunks_exact(small).zip(index[start..].chunks_exact(small));
        for (x, (g, at)) in out.chunks_exact_mut(area).zip(planes) {
            g.iter().zip(at).for_each(|(&g, &at)| x[at as usize] += g);
        }
    });
}
