//! Transposed convolution over one and two spatial axes: the adjoint of a convolution, which enlarges.

use super::builder::{ConvBuilder, Convolution, Enlarging, kernel_layer};
use super::with_bias;
use crate::layer::Layer;
use gradus_derive::Module;
use gradus_init::Fans;
use gradus_tensor::rand::Rng;
use gradus_tensor::{Mode, Param, Real, Sliding, Tensor};

macro_rules! layers {
    ($($(#[$doc:meta])* $Layer:ident, $Builder:ident, $d:literal, $who:literal, $method:ident, $extra:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Module)]
        pub struct $Layer<T: Real = f32> {
            weight: Param<T>,
            bias: Option<Param<T>>,
            #[module(skip)]
            by: Sliding,
            extra: [usize; $d],
        }

        kernel_layer!($Layer, $Builder, $d);

        impl<T: Real> Enlarging for $Layer<T> {}

        impl<T: Real> Convolution<T, $d> for $Layer<T> {
            const NAME: &'static str = $who;
            fn lead([n_in, n_out]: [usize; 2], groups: usize) -> [usize; 2] {
                [n_in, n_out / groups]
            }
            fn fans([n_in, n_out]: [usize; 2], kernel: &[usize], groups: usize) -> Fans {
                Fans::conv_transposed(n_in, n_out, kernel, groups)
            }
            fn of(weight: Param<T>, bias: Option<Param<T>>, by: Sliding, extra: [usize; $d]) -> Self {
                $Layer { weight, bias, by, extra }
            }
        }

        impl<T: Real> $Layer<T> {
            /// The output for the input `x`.
            #[track_caller]
            pub fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
                let y = x.$method(&self.weight.value(), self.by, ($extra)(self.extra));
                mode.report(self, &[x], with_bias(y, self.bias.as_ref()))
            }
        }
    )+};
}

layers! {
    /// Transposed convolution over one axis, the adjoint of [`Conv1d`](crate::Conv1d) in its input, plus a bias.
    ///
    /// Shapes: x `[n, in, l]`, w `[in, out / groups, k]`, b `[out]`, y `[n, out, (l − 1)·stride − 2·padding + dilation·(k − 1) + 1 + extra]`.
    ///
    /// # Panics
    /// If x has other channels, or no input has this output.
    ConvTranspose1d, ConvTranspose1dBuilder, 1, "conv_transpose1d", conv1d_transposed, |[e]: [usize; 1]| e;
    /// Transposed convolution over two axes, the adjoint of [`Conv2d`](crate::Conv2d) in its input, plus a bias.
    ///
    /// Shapes: x `[n, in, h, w]`, w `[in, out / groups, kh, kw]`, b `[out]`, y `[n, out, h′, w′]` with
    /// h′ = (h − 1)·stride − 2·padding + dilation·(kh − 1) + 1 + extra.
    ///
    /// # Panics
    /// If x has other channels, or no input has this output.
    ConvTranspose2d, ConvTranspose2dBuilder, 2, "conv_transpose2d", conv2d_transposed, |e: [usize; 2]| e;
}
