//! Where the windows of a pooling lie.

use crate::conv::extent;

/// The windows along one spatial axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Windows {
    /// Window o covers the points o·stride + t·dilation − padding, t < kernel.
    Fixed {
        /// Points of a window.
        kernel: usize,
        /// Steps between windows.
        stride: usize,
        /// Points of nothing on either side of the input.
        padding: usize,
        /// Steps between the points of a window.
        dilation: usize,
        /// Whether a last window that begins inside the input or before it may reach beyond the padding (PyTorch's `ceil_mode`): the
        /// number of windows is then rounded up, and what lies beyond the padding counts for nothing.
        ceil: bool,
    },
    /// `output` windows that share the axis as evenly as they can: window o covers ⌊o·n/output⌋ .. ⌈(o + 1)·n/output⌉.
    Adaptive {
        /// The number of windows.
        output: usize,
    },
}

impl Windows {
    /// Windows of `kernel` points side by side.
    pub const fn tiles(kernel: usize) -> Self {
        Windows::Fixed { kernel, stride: kernel, padding: 0, dilation: 1, ceil: false }
    }

    /// The first point, the end and the step of window `o` inside an input of `n` points.
    #[inline]
    pub(super) fn window(&self, n: usize, o: usize) -> (usize, usize, usize) {
        match *self {
            Windows::Fixed { kernel, stride, padding, dilation, .. } => {
                // The first tap at or after 0.
                let skipped = padding.saturating_sub(o * stride).div_ceil(dilation);
                let start = (o * stride + skipped * dilation).saturating_sub(padding);
                let end = (o * stride + (kernel - 1) * dilation + 1).saturating_sub(padding).min(n);
                (start, end.max(start), dilation)
            }
            Windows::Adaptive { output } => (o * n / output, ((o + 1) * n).div_ceil(output), 1),
        }
    }

    /// The number of points of window `o`, with those in the padding where `padded`.
    pub(super) fn count(&self, n: usize, o: usize, padded: bool) -> usize {
        match *self {
            // Taps t with o·stride + t·dilation < padding + n + padding.
            Windows::Fixed { kernel, stride, padding, dilation, .. } if padded => {
                kernel.min((n + 2 * padding).saturating_sub(o * stride).div_ceil(dilation))
            }
            _ => {
                let (start, end, step) = self.window(n, o);
                (end - start).div_ceil(step)
            }
        }
    }

    fn output(&self, axis: &str, n: usize) -> Result<usize, String> {
        let Windows::Fixed { kernel, stride, padding, dilation, ceil } = *self else {
            let Windows::Adaptive { output } = *self else { unreachable!() };
            return if n == 0 && output > 0 {
                Err(format!("pooling: {output} windows asked of an empty {axis}"))
            } else {
                Ok(output)
            };
        };
        let mut output = extent("pooling", axis, n, [kernel, stride, padding, dilation])?;
        let reach = (output - 1) * stride + dilation * (kernel - 1) + 1;
        if ceil && reach < n + 2 * padding && output * stride < n + padding {
            output += 1;
        }
        match (0..output).find(|&o| self.count(n, o, false) == 0) {
            Some(o) => Err(format!(
                "pooling: window {o} along the {axis} holds padding only (kernel {kernel}, stride {stride}, padding {padding}, dilation {dilation}, input {n}); keep the padding at or below half of the kernel"
            )),
            None => Ok(output),
        }
    }
}

/// The sizes of a pooling: `planes` images (batch · channels) of `spatial` points, and the windows along both axes.
/// One spatial axis is an image of height 1 with `Windows::tiles(1)` along the height.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PoolShape {
    /// Number of images, each pooled by itself.
    pub planes: usize,
    /// Height and width of an image.
    pub spatial: [usize; 2],
    /// The windows along height and width.
    pub windows: [Windows; 2],
}

impl PoolShape {
    /// Height and width of the output.
    ///
    /// # Errors
    /// Says what does not fit: a window larger than the padded input, one that holds padding only, a zero where a
    /// length must be positive.
    pub fn output(&self) -> Result<[usize; 2], String> {
        Ok([self.windows[0].output("height", self.spatial[0])?, self.windows[1].output("width", self.spatial[1])?])
    }

    /// The output, after a check of the lengths of input and output.
    #[track_caller]
    pub(super) fn checked(&self, x: usize, y: usize) -> [usize; 2] {
        let [oh, ow] = self.output().unwrap_or_else(|e| panic!("{e}"));
        let expected = [self.planes * self.spatial[0] * self.spatial[1], self.planes * oh * ow];
        assert!(expected == [x, y], "pooling: slices of {x} and {y} numbers, expected {expected:?} (input, output)");
        [oh, ow]
    }
}
