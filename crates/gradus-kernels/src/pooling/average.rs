//! The mean of every window.

use super::planes_of;
use super::shape::PoolShape;
use crate::real::Real;
use crate::threads::for_each_chunk;

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
    for_each_chunk(out, planes_of(area) * small, |start, out| {
        for (x, out) in x[start / small * area..].chunks_exact(area).zip(out.chunks_exact_mut(small)) {
            each_window(shape, count_padding, [oh, ow], |o, (top, bottom, down), (left, right, along), scale| {
                let mut sum = T::ZERO;
                for r in (top..bottom).step_by(down) {
                    for q in (left..right).step_by(along) {
                        sum += x[r * w + q];
                    }
                }
                out[o] = sum * scale;
            });
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
    for_each_chunk(out, planes_of(area) * area, |start, out| {
        out.fill(T::ZERO);
        for (g, x) in g[start / area * small..].chunks_exact(small).zip(out.chunks_exact_mut(area)) {
            each_window(shape, count_padding, [oh, ow], |o, (top, bottom, down), (left, right, along), scale| {
                let g = g[o] * scale;
                for r in (top..bottom).step_by(down) {
                    for q in (left..right).step_by(along) {
                        x[r * w + q] += g;
                    }
                }
            });
        }
    });
}

type Reach = (usize, usize, usize);

#[inline(always)]
fn each_window<T: Real>(
    shape: &PoolShape,
    count_padding: bool,
    [oh, ow]: [usize; 2],
    mut body: impl FnMut(usize, Reach, Reach, T),
) {
    let ([h, w], [rows, columns]) = (shape.spatial, &shape.windows);
    for i in 0..oh {
        for j in 0..ow {
            let count = rows.count(h, i, count_padding) * columns.count(w, j, count_padding);
            body(i * ow + j, rows.window(h, i), columns.window(w, j), T::ONE / T::from_usize(count));
        }
    }
}
