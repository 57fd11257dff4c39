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

    /// Fills the stage for the output rows from `first` on with channels of `x`, an image of a group.
    pub(super) fn fill<T: Real>(
        &self,
        shape: &ConvShape,
        first: usize,
        channels: Range<usize>,
        x: &[T],
        stage: &mut [T],
    ) {
        let ([sh, sw], [ph, pw], [ih, iw]) = (shape.stride, shape.padding, shape.spatial);
        let [h, w] = self.size;
        let mut lines = stage.chunks_exact_mut(w);
        for c in channels {
            for (fy, fx) in (0..sh).flat_map(|fy| (0..sw).map(move |fx| (fy, fx))) {
                // Columns q with 0 ≤ q·sw + fx − pw < iw.
                let left = pw.saturating_sub(fx).div_ceil(sw).min(w);
                let right = (iw + pw).saturating_sub(fx).div_ceil(sw).clamp(left, w);
                for row in 0..h {
                    let line = lines.next().expect("the stage holds all lines");
                    let y = ((first + row) * sh + fy).wrapping_sub(ph);
                    if y >= ih || left == right {
                        line.fill(T::ZERO);
                        continue;
                    }
                    line[..left].fill(T::ZERO);
                    line[right..].fill(T::ZERO);
                    let (line, x) = (&mut line[left..right], &x[(c * ih + y) * iw + left * sw + fx - pw..]);
                    if sw == 1 {
                        // A loop instead of a call of memcpy: the lines are short.
                        for (to, &from) in line.iter_mut().zip(x) {
                            *to = from;
                        }
                    } else {
                        for (to, &from) in line.iter_mut().zip(x.iter().step_by(sw)) {
                            *to = from;
                        }
                    }
                }
            }
        }
    }
}
