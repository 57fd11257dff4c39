//! A copy of a part of an image with its padding, ordered so that a tap of the kernel is one offset.
//!
//! Padded point (y, x) of channel c lies in phase (y mod stride, x mod stride) at (⌊y / stride⌋, ⌊x / stride⌋). So the
//! points that a tap meets as the output point runs along a row are neighbours for every stride and dilation.

use super::shape::{ConvShape, Sizes};
use crate::real::Real;
use std::ops::Range;

/// The layout of a stage for some rows of the output.
pub(super) struct Stage {
    /// Rows of the output that one stage serves.
    pub(super) rows: usize,
    /// Height and width of a phase.
    size: [usize; 2],
}

impl Stage {
    /// A stage of at most about `most` numbers.
    pub(super) fn new(shape: &ConvShape, d: &Sizes, channels: usize, most: usize) -> Self {
        let reach = |axis: usize| (shape.kernel[axis] - 1) * shape.dilation[axis] / shape.stride[axis];
        let width = d.output[1] + reach(1);
        let phases = shape.stride[0] * shape.stride[1];
        let fit = most / (channels * phases * width).max(1);
        let rows = fit.saturating_sub(reach(0)).clamp(1, d.output[0].max(1));
        // Cut evenly.
        let rows = d.output[0].div_ceil(d.output[0].div_ceil(rows).max(1)).max(1);
        Stage { rows, size: [rows + reach(0), width] }
    }

    /// Numbers of a stage of `channels` channels.
    pub(super) fn len(&self, shape: &ConvShape, channels: usize) -> usize {
        channels * shape.stride[0] * shape.stride[1] * self.size[0] * self.size[1]
    }

    /// The offset of output point (row, column), for every tap.
    pub(super) fn point(&self, row: usize, column: usize) -> usize {
        row * self.size[1] + column
    }

    /// The offset of every tap (c, th, tw) with c below `channels`.
    pub(super) fn taps(&self, shape: &ConvShape, channels: usize) -> Vec<u32> {
        let ([kh, kw], [sh, sw], [dh, dw]) = (shape.kernel, shape.stride, shape.dilation);
        let [h, w] = self.size;
        let mut offsets = Vec::with_capacity(channels * kh * kw);
        for c in 0..channels {
            for (y, x) in (0..kh).flat_map(|th| (0..kw).map(move |tw| (th * dh, tw * dw))) {
                let phase = (c * sh + y % sh) * sw + x % sw;
                offsets.push(((phase * h + y / sh) * w + x / sw) as u32);
            }
        }
        offsets
    }

    /// Fills the stage for the output rows from `first` on. `line(c, y)` starts with line y of plane c of the image, of which a point is
    /// `each` numbers.
    pub(super) fn fill<'a, T: Real>(
        &self,
        shape: &ConvShape,
        first: usize,
        (planes, each): (Range<usize>, usize),
        line: impl Fn(usize, usize) -> &'a [T],
        stage: &mut [T],
    ) {
        let ([sh, sw], [ph, pw], [ih, iw]) = (shape.stride, shape.padding, shape.spatial);
        let [h, w] = self.size;
        let mut lines = stage.chunks_exact_mut(w * each);
        for c in planes {
            for (fy, fx) in (0..sh).flat_map(|fy| (0..sw).map(move |fx| (fy, fx))) {
                // Columns q with 0 ≤ q·sw + fx − pw < iw.
                let left = pw.saturating_sub(fx).div_ceil(sw).min(w);
                let right = (iw + pw).saturating_sub(fx).div_ceil(sw).clamp(left, w);
                for row in 0..h {
                    let to = lines.next().expect("the stage holds all lines");
                    let y = ((first + row) * sh + fy).wrapping_sub(ph);
                    if y >= ih || left == right {
                        to.fill(T::ZERO);
                        continue;
                    }
                    to[..left * each].fill(T::ZERO);
                    to[right * each..].fill(T::ZERO);
                    let to = &mut to[left * each..right * each];
                    let x = &line(c, y)[(left * sw + fx - pw) * each..];
                    match (each, sw) {
                        // Loops instead of calls of memcpy: the runs are short.
                        (1, 1) => to.iter_mut().zip(x).for_each(|(to, &from)| *to = from),
                        (1, _) => to.iter_mut().zip(x.iter().step_by(sw)).for_each(|(to, &from)| *to = from),
                        (_, 1) => to.copy_from_slice(&x[..to.len()]),
                        _ => {
                            for (to, from) in to.chunks_exact_mut(each).zip(x.chunks(each).step_by(sw)) {
                                to.copy_from_slice(from);
                            }
                        }
                    }
                }
            }
        }
    }

    /// How many lines of the image the stage reaches, at most.
    pub(super) fn tall(&self, shape: &ConvShape) -> usize {
        (self.size[0] * shape.stride[0]).min(shape.spatial[0])
    }

    /// The lines of the image that the stage of the output rows from `first` on is made of.
    pub(super) fn lines(&self, shape: &ConvShape, first: usize) -> Range<usize> {
        let line = |row: usize| (row * shape.stride[0]).saturating_sub(shape.padding[0]).min(shape.spatial[0]);
        line(first)..line(first + self.size[0])
    }
}
