//! Convolution over one or two spatial axes, and its two adjoints.
//!
//! Three functions that close under differentiation: [`conv`] is bilinear in image and weight, [`conv_input_adjoint`]
//! (the transposed convolution) and [`conv_weight_adjoint`] are its adjoints, and the derivatives of each of the three
//! are the other two. Like everywhere in this field the kernel is not flipped (cross-correlation).

mod columns;
mod direct;
mod shape;
mod stage;
mod weight;

pub use shape::ConvShape;
pub(crate) use shape::extent;

use crate::buffer::Shared;
use crate::matmul::matmul;
use crate::real::Real;
use crate::view::View;
use columns::{columns, columns_adjoint};

/// y[b, o, p] = Σ_{c, t} w[o, c, t] · x[b, c, p·stride + t·dilation − padding], zero outside of x; and + bias\[o\] where there is one.
///
/// Shapes: x `[batch, channels_in, h, w]`, w `[channels_out, channels_in / groups, kh, kw]`, bias `[channels_out]`, out
/// `[batch, channels_out, oh, ow]`, all row-major.
///
/// # Panics
/// If the shape is refused by [`ConvShape::output`], or a slice has another length.
pub fn conv<T: Real>(shape: &ConvShape, x: &[T], w: &[T], bias: Option<&[T]>, out: &mut [T]) {
    let d = shape.checked(x.len(), w.len(), out.len());
    assert!(
        bias.is_none_or(|b| b.len() == shape.channels_out),
        "conv: the bias must have a number for every output channel"
    );
    if out.is_empty() {
        return;
    }
    if direct::serves::<T>(&d) {
        return direct::forward(shape, &d, x, w, bias, out);
    }
    if let Some(bias) = bias {
        out.chunks_exact_mut(d.points).zip(bias.iter().cycle()).for_each(|(y, &b)| y.fill(b));
    }
    let mut scratch = Shared::stale(d.taps * d.points);
    let cols = scratch.get_mut().expect("a fresh buffer has one owner");
    for (i, out) in out.chunks_exact_mut(d.rows * d.points).enumerate() {
        let group = i % shape.groups;
        columns(shape, &d, &x[i * d.image..][..d.image], cols);
        let w = &w[group * d.rows * d.taps..][..d.rows * d.taps];
        matmul(
            flat(w, &[d.rows, d.taps], &[d.taps, 1]),
            flat(cols, &[d.taps, d.points], &[d.points, 1]),
            bias.is_some(),
            out,
        );
    }
}

/// The adjoint of [`conv`] in x: out[b, c, q] = Σ w[o, c, t] · g[b, o, p] over all (o, p, t) with
/// q = p·stride + t·dilation − padding. This is the transposed convolution.
///
/// Shapes: g like the output of [`conv`], out like its x.
///
/// # Panics
/// If the shape is refused by [`ConvShape::output`], or a slice has another length.
pub fn conv_input_adjoint<T: Real>(shape: &ConvShape, g: &[T], w: &[T], out: &mut [T]) {
    let d = shape.checked(out.len(), w.len(), g.len());
    if g.is_empty() || out.is_empty() {
        return out.fill(T::ZERO);
    }
    if let Some(turned) = direct::turned_shape(shape, &d) {
        let e = turned.checked(g.len(), w.len(), out.len());
        if direct::serves::<T>(&e) {
            let mut scratch = Shared::stale(w.len());
            let weights = scratch.get_mut().expect("a fresh buffer has one owner");
            direct::turned(shape, &d, w, weights);
            return direct::forward(&turned, &e, g, weights, None, out);
        }
    }
    out.fill(T::ZERO);
    let mut scratch = Shared::stale(d.taps * d.points);
    let cols = scratch.get_mut().expect("a fresh buffer has one owner");
    for (i, out) in out.chunks_exact_mut(d.image).enumerate() {
        let group = i % shape.groups;
        let w = &w[group * d.rows * d.taps..][..d.rows * d.taps];
        let g = &g[i * d.rows * d.points..][..d.rows * d.points];
        matmul(flat(w, &[d.taps, d.rows], &[1, d.taps]), flat(g, &[d.rows, d.points], &[d.points, 1]), false, cols);
        columns_adjoint(shape, &d, cols, out);
    }
}

/// The adjoint of [`conv`] in w: out[o, c, t] = Σ_{b, p} g[b, o, p] · x[b, c, p·stride + t·dilation − padding].
///
/// Shapes: x and g like the input and the output of [`conv`], out like its w.
///
/// # Panics
/// If the shape is refused by [`ConvShape::output`], or a slice has another length.
pub fn conv_weight_adjoint<T: Real>(shape: &ConvShape, x: &[T], g: &[T], out: &mut [T]) {
    let d = shape.checked(x.len(), out.len(), g.len());
    if g.is_empty() || out.is_empty() {
        return out.fill(T::ZERO);
    }
    if d.rows >= 4 {
        return weight::weight(shape, &d, x, g, out);
    }
    out.fill(T::ZERO);
    let mut scratch = Shared::stale(d.taps * d.points);
    let cols = scratch.get_mut().expect("a fresh buffer has one owner");
    for (i, g) in g.chunks_exact(d.rows * d.points).enumerate() {
        let group = i % shape.groups;
        columns(shape, &d, &x[i * d.image..][..d.image], cols);
        let out = &mut out[group * d.rows * d.taps..][..d.rows * d.taps];
        matmul(
            flat(g, &[d.rows, d.points], &[d.points, 1]),
            flat(cols, &[d.points, d.taps], &[1, d.points]),
            true,
            out,
        );
    }
}

fn flat<'a, T>(data: &'a [T], shape: &'a [usize], strides: &'a [usize]) -> View<'a, T> {
    View { data, shape, strides }
}
