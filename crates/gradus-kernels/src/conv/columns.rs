//! The image as a matrix with a row for every tap of the kernel, and the adjoint of that map.

use super::shape::{ConvShape, Sizes};
use crate::real::Real;
use std::ops::Range;

/// cols[(c, t), p] = x[c, p·stride + t·dilation − padding] for one image of a group; zero outside of x.
pub(crate) fn columns<T: Real>(shape: &ConvShape, d: &Sizes, x: &[T], cols: &mut [T]) {
    let [h, w] = shape.spatial;
    let step = shape.stride[1];
    for (row, (c, th, tw)) in cols.chunks_exact_mut(d.points).zip(taps(shape, d)) {
        let (rows, from) = valid(shape, 0, th, d.output[0]);
        let (inside, first) = valid(shape, 1, tw, d.output[1]);
        for (oh, line) in row.chunks_exact_mut(d.output[1]).enumerate() {
            if !rows.contains(&oh) || inside.is_empty() {
                line.fill(T::ZERO);
                continue;
            }
            let ih = from + (oh - rows.start) * shape.stride[0];
            let x = &x[(c * h + ih) * w + first..(c * h + ih + 1) * w];
            line[..inside.start].fill(T::ZERO);
            line[inside.end..].fill(T::ZERO);
            let line = &mut line[inside.clone()];
            if step == 1 {
                line.copy_from_slice(&x[..line.len()]);
            } else {
                line.iter_mut().zip(x.iter().step_by(step)).for_each(|(y, &x)| *y = x);
            }
        }
    }
}

/// The adjoint of [`columns`]: adds every entry of `cols` to the element of x that it was read from.
pub(crate) fn columns_adjoint<T: Real>(shape: &ConvShape, d: &Sizes, cols: &[T], x: &mut [T]) {
    let [h, w] = shape.spatial;
    let step = shape.stride[1];
    for (row, (c, th, tw)) in cols.chunks_exact(d.points).zip(taps(shape, d)) {
        let (rows, from) = valid(shape, 0, th, d.output[0]);
        let (inside, first) = valid(shape, 1, tw, d.output[1]);
        if inside.is_empty() {
            continue;
        }
        for oh in rows.clone() {
            let ih = from + (oh - rows.start) * shape.stride[0];
            let line = &row[oh * d.output[1]..][inside.clone()];
            let x = &mut x[(c * h + ih) * w + first..(c * h + ih + 1) * w];
            x.iter_mut().step_by(step).zip(line).for_each(|(x, &y)| *x += y);
        }
    }
}

/// Channel and position of each tap, in the order of the weight.
fn taps(shape: &ConvShape, d: &Sizes) -> impl Iterator<Item = (usize, usize, usize)> {
    let [kh, kw] = shape.kernel;
    (0..d.depth).flat_map(move |c| (0..kh).flat_map(move |th| (0..kw).map(move |tw| (c, th, tw))))
}

/// The output points along `axis` for which tap `t` lies inside the input, and the input point of the first of them.
pub(crate) fn valid(shape: &ConvShape, axis: usize, t: usize, output: usize) -> (Range<usize>, usize) {
    let (stride, padding, size) = (shape.stride[axis], shape.padding[axis], shape.spatial[axis]);
    let reach = t * shape.dilation[axis];
    // o·stride + reach − padding must lie in 0..size.
    let start = padding.saturating_sub(reach).div_ceil(stride);
    let end = (size + padding).saturating_sub(reach).div_ceil(stride).min(output);
    if start >= end {
        return (0..0, 0);
    }
    (start..end, start * stride + reach - padding)
}
