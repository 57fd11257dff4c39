//! Convolutions over one and two spatial axes, transposed ones, and pooling.

mod builder;
mod layer;
mod pool;
mod transposed;

pub use builder::{ConvBuilder, Convolution, Enlarging};
pub use layer::{Conv1d, Conv1dBuilder, Conv2d, Conv2dBuilder};
pub use pool::{AdaptiveAvgPool, AdaptiveMaxPool, AvgPool, MaxPool};
pub use transposed::{ConvTranspose1d, ConvTranspose1dBuilder, ConvTranspose2d, ConvTranspose2dBuilder};

use gradus_tensor::{Param, Real, Sliding, Tensor};

/// y + b, one number a channel of y `[n, channels, ..]`; y where there is no b.
fn with_bias<T: Real>(y: Tensor<T>, bias: Option<&Param<T>>) -> Tensor<T> {
    let Some(bias) = bias.map(Param::value) else { return y };
    let per_channel: Vec<usize> = (0..y.rank()).map(|k| if k == 1 { bias.len() } else { 1 }).collect();
    y + bias.reshape(&per_channel)
}

/// The numbers of the last axis for D = 1, of both for D = 2.
fn sliding<const D: usize>(stride: [usize; D], padding: [usize; D], dilation: [usize; D], groups: usize) -> Sliding {
    let pair = |v: [usize; D], one| if D == 1 { [one, v[0]] } else { [v[0], v[D - 1]] };
    Sliding { stride: pair(stride, 1), padding: pair(padding, 0), dilation: pair(dilation, 1), groups }
}

/// Refuses sizes that no convolution has.
#[track_caller]
fn check<const D: usize>(who: &str, channels: [usize; 2], kernel: [usize; D], by: Sliding) {
    let [n_in, n_out] = channels;
    assert!(
        by.groups > 0 && n_in.is_multiple_of(by.groups) && n_out.is_multiple_of(by.groups),
        "{who}: groups must divide both numbers of channels, got {} groups for {n_in} input and {n_out} output channels",
        by.groups
    );
    assert!(
        kernel.iter().chain(&by.stride).chain(&by.dilation).all(|&k| k > 0),
        "{who}: kernel, stride and dilation must be positive, got {kernel:?}, {:?} and {:?}",
        by.stride,
        by.dilation
    );
}
