//! The largest element of every window, and where it was.

use super::shape::PoolShape;
use crate::real::Real;

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
    let image = |p: usize| &x[p * h * w..(p + 1) * h * w];
    for (p, (out, index)) in out.chunks_exact_mut(oh * ow).zip(index.chunks_exact_mut(oh * ow)).enumerate() {
        plane(shape, image(p), ow, out, index);
    }
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
                    // Written so that a NaN wins and stays.
                    if x[q] > best || (x[q].is_nan() && !best.is_nan()) {
                        (best, place) = (x[q], q);
                    }
                }
            }
            (*y, *at) = (best, place as u32);
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
    let area = shape.spatial[0] * shape.spatial[1];
    for ((y, at), x) in out.chunks_exact_mut(oh * ow).zip(index.chunks_exact(oh * ow)).zip(x.chunks_exact(area)) {
        y.iter_mut().zip(at).for_each(|(y, &at)| *y = x[at as usize]);
    }
}

/// The adjoint of [`pick`]: out[p, q] = Σ g[p, o] over the o with index[p, o] = q, in the order of o.
///
/// # Panics
/// As [`pick`].
pub fn pick_adjoint<T: Real>(shape: &PoolShape, g: &[T], index: &[u32], out: &mut [T]) {
    let [oh, ow] = shape.checked(out.len(), g.len());
    assert_eq!(index.len(), g.len(), "pick_adjoint: index must be as long as g");
    out.fill(T::ZERO);
    if g.is_empty() {
        return;
    }
    let area = shape.spatial[0] * shape.spatial[1];
    for ((g, at), x) in g.chunks_exact(oh * ow).zip(index.chunks_exact(oh * ow)).zip(out.chunks_exact_mut(area)) {
        g.iter().zip(at).for_each(|(&g, &at)| x[at as usize] += g);
    }
}
