//! The sizes of a convolution, checked once.

/// The sizes of a convolution over two spatial axes. One spatial axis is the same with a height of 1
/// ([`ConvShape::one_dimensional`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConvShape {
    /// Number of images.
    pub batch: usize,
    /// Channels of the input.
    pub channels_in: usize,
    /// Channels of the output.
    pub channels_out: usize,
    /// Number of groups: output channels of a group see the input channels of that group alone.
    pub groups: usize,
    /// Height and width of the input.
    pub spatial: [usize; 2],
    /// Height and width of the kernel.
    pub kernel: [usize; 2],
    /// Steps between output points.
    pub stride: [usize; 2],
    /// Zeros put on either side of the input.
    pub padding: [usize; 2],
    /// Steps between the taps of the kernel.
    pub dilation: [usize; 2],
}

/// Products of the sizes that the kernels use; one image or one weight means: of one group.
pub(crate) struct Sizes {
    /// Height and width of the output.
    pub(crate) output: [usize; 2],
    /// Output channels of a group.
    pub(crate) rows: usize,
    /// Input channels of a group.
    pub(crate) depth: usize,
    /// depth · kernel area: the length of a weight.
    pub(crate) taps: usize,
    /// Output points of a channel.
    pub(crate) points: usize,
    /// Numbers of an input image of a group.
    pub(crate) image: usize,
}

impl ConvShape {
    /// A square of sizes with stride 1, no padding, no dilation and one group, to be changed field by field.
    pub const fn new(batch: usize, channels: [usize; 2], spatial: [usize; 2], kernel: [usize; 2]) -> Self {
        let [channels_in, channels_out] = channels;
        ConvShape {
            batch,
            channels_in,
            channels_out,
            groups: 1,
            spatial,
            kernel,
            stride: [1; 2],
            padding: [0; 2],
            dilation: [1; 2],
        }
    }

    /// A convolution over one axis of `length`, written as one over images of height 1.
    pub const fn one_dimensional(batch: usize, channels: [usize; 2], length: usize, kernel: usize) -> Self {
        Self::new(batch, channels, [1, length], [1, kernel])
    }

    /// Height and width of the output: ⌊(size + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.
    ///
    /// # Errors
    /// Says what does not fit: a kernel larger than the padded input, a zero where a length must be positive, channels
    /// that groups do not divide.
    pub fn output(&self) -> Result<[usize; 2], String> {
        let Self { channels_in, channels_out, groups, .. } = *self;
        if groups == 0 || channels_in % groups != 0 || channels_out % groups != 0 {
            return Err(format!(
                "conv: groups must divide the channels, got {groups} groups for {channels_in} input and {channels_out} output channels"
            ));
        }
        let mut output = [0; 2];
        for axis in 0..2 {
            output[axis] = extent(
                "conv",
                ["height", "width"][axis],
                self.spatial[axis],
                [self.kernel[axis], self.stride[axis], self.padding[axis], self.dilation[axis]],
            )?;
        }
        Ok(output)
    }

    /// Number of elements of x, w and the output.
    ///
    /// # Errors
    /// As [`ConvShape::output`].
    pub fn lens(&self) -> Result<[usize; 3], String> {
        let [oh, ow] = self.output()?;
        let area = |s: [usize; 2]| s[0] * s[1];
        Ok([
            self.batch * self.channels_in * area(self.spatial),
            self.channels_out * (self.channels_in / self.groups) * area(self.kernel),
            self.batch * self.channels_out * oh * ow,
        ])
    }

    #[track_caller]
    pub(crate) fn checked(&self, x: usize, w: usize, y: usize) -> Sizes {
        let lens = self.lens().unwrap_or_else(|e| panic!("{e}"));
        assert!(lens == [x, w, y], "conv: slices of {x}, {w} and {y} numbers, expected {lens:?} (x, w, output)");
        let output = self.output().unwrap_or_else(|e| panic!("{e}"));
        let depth = self.channels_in / self.groups;
        Sizes {
            output,
            rows: self.channels_out / self.groups,
            depth,
            taps: depth * self.kernel[0] * self.kernel[1],
            points: output[0] * output[1],
            image: depth * self.spatial[0] * self.spatial[1],
        }
    }
}

/// The number of output points along one axis; `who` and `axis` name them in the message.
pub(crate) fn extent(who: &str, axis: &str, size: usize, window: [usize; 4]) -> Result<usize, String> {
    let [kernel, stride, padding, dilation] = window;
    if kernel == 0 || stride == 0 || dilation == 0 {
        return Err(format!(
            "{who}: kernel, stride and dilation must be positive, got {kernel}, {stride} and {dilation} along the {axis}"
        ));
    }
    let (padded, reach) = (size + 2 * padding, dilation * (kernel - 1) + 1);
    if reach > padded {
        return Err(format!(
            "{who}: the kernel does not fit along the {axis}: it reaches over {reach} (kernel {kernel}, dilation {dilation}), the input has {size} with padding {padding} on either side ({padded} in all); use a smaller kernel or more padding"
        ));
    }
    Ok((padded - reach) / stride + 1)
}
