//! Convolution over one and two spatial axes.

use super::builder::{ConvBuilder, Convolution, kernel_layer};
use crate::layer::Layer;
use gradus_derive::Module;
use gradus_init::Fans;
use gradus_tensor::rand::Rng;
use gradus_tensor::{Mode, Param, Real, Role, Sliding, Tensor};

macro_rules! layers {
    ($($(#[$doc:meta])* $Layer:ident, $Builder:ident, $d:literal, $who:literal, $method:ident, $biased:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Module)]
        pub struct $Layer<T: Real = f32> {
            weight: Param<T>,
            bias: Option<Param<T>>,
            #[module(skip)]
            by: Sliding,
        }

        kernel_layer!($Layer, $Builder, $d);

        impl<T: Real> Convolution<T, $d> for $Layer<T> {
            const NAME: &'static str = $who;
            fn lead([n_in, n_out]: [usize; 2], groups: usize) -> [usize; 2] {
                [n_out, n_in / groups]
            }
            fn fans([n_in, n_out]: [usize; 2], kernel: &[usize], groups: usize) -> Fans {
                Fans::conv(n_in, n_out, kernel, groups)
            }
            fn of(weight: Param<T>, bias: Option<Param<T>>, by: Sliding, _: [usize; $d]) -> Self {
                $Layer { weight, bias, by }
            }
        }

        impl<T: Real> $Layer<T> {
            /// The output for the input `x`.
            #[track_caller]
            pub fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
                let w = self.weight.value();
                let y = match &self.bias {
                    Some(bias) => x.$biased(&w, &bias.value(), self.by),
                    None => x.$method(&w, self.by),
                };
                mode.report(self, &[x], y)
            }

            /// How the kernel slides.
            pub(crate) fn sliding(&self) -> Sliding {
                self.by
            }

            /// A layer that slides like this one with another kernel of the same shape, and this bias.
            pub(crate) fn with_weights(&self, kernel: &Tensor<T>, bias: &Tensor<T>) -> Self {
                let weight = Param::new(&kernel.detach(), Role::Weight);
                $Layer { weight, bias: Some(Param::new(&bias.detach(), Role::Bias)), by: self.by }
            }
        }
    )+};
}

layers! {
    /// Convolution over one axis: `y[o, p] = b[o] + Σ w[o, c, t] x[c, p·stride + t·dilation − padding]`.
    ///
    /// Shapes: x `[n, in, l]`, w `[out, in / groups, k]`, b `[out]`, y `[n, out, l′]`. Initial w ~ Glorot uniform with the fans of a
    /// convolution, b = 0.
    ///
    /// # Panics
    /// If x has other channels, or the kernel reaches beyond the padded input.
    Conv1d, Conv1dBuilder, 1, "conv1d", conv1d, conv1d_bias;
    /// Convolution over two axes: `y[o, p] = b[o] + Σ w[o, c, t] x[c, p·stride + t·dilation − padding]`.
    ///
    /// Shapes: x `[n, in, h, w]`, w `[out, in / groups, kh, kw]`, b `[out]`, y `[n, out, h′, w′]`. Initial w ~ Glorot uniform with the
    /// fans of a convolution, b = 0.
    ///
    /// # Panics
    /// If x has other channels, or the kernel reaches beyond the padded image.
    Conv2d, Conv2dBuilder, 2, "conv2d", conv2d, conv2d_bias;
}
