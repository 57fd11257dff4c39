//! Transposed convolution over one and two spatial axes: the adjoint of a convolution, which enlarges.

use super::{AsMatrix, add_bias, check, sliding};
use crate::layer::Layer;
use gradus_derive::Module;
use gradus_init::{Fans, Scheme, Target, draw_key, glorot_uniform};
use gradus_tensor::rand::Rng;
use gradus_tensor::{Mode, Param, Parametrization, Real, Role, Sliding, Tensor};
use std::sync::Arc;

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

        #[doc = concat!("The options of a [`", stringify!($Layer), "`].")]
        #[derive(Debug)]
        pub struct $Builder<T: Real = f32> {
            channels: [usize; 2],
            kernel: [usize; $d],
            stride: [usize; $d],
            padding: [usize; $d],
            dilation: [usize; $d],
            groups: usize,
            extra: [usize; $d],
            init: Arc<dyn Scheme>,
            bias: bool,
            constraint: Option<Arc<dyn Parametrization<T>>>,
        }

        impl<T: Real> $Builder<T> {
            /// Steps between the places where the kernel is put (1).
            #[must_use]
            pub fn stride(mut self, stride: [usize; $d]) -> Self {
                self.stride = stride;
                self
            }

            /// Points taken off on either side of the output (0).
            #[must_use]
            pub fn padding(mut self, padding: [usize; $d]) -> Self {
                self.padding = padding;
                self
            }

            /// Steps between the taps of the kernel (1).
            #[must_use]
            pub fn dilation(mut self, dilation: [usize; $d]) -> Self {
                self.dilation = dilation;
                self
            }

            /// Groups of channels that see only each other (1); as many as input channels: depthwise.
            #[doc(alias = "depthwise")]
            #[must_use]
            pub fn groups(mut self, groups: usize) -> Self {
                self.groups = groups;
                self
            }

            /// Points more at the end, below the stride: tells apart the images that a stride makes equal in size (0).
            #[doc(alias = "output_padding")]
            #[must_use]
            pub fn extra(mut self, extra: [usize; $d]) -> Self {
                self.extra = extra;
                self
            }

            /// How the kernel starts: a scheme of [`gradus_init`], with the fans of a transposed convolution with these groups.
            #[must_use]
            pub fn init(mut self, scheme: impl Scheme + 'static) -> Self {
                self.init = Arc::new(scheme);
                self
            }

            /// Whether there is a bias (there is).
            #[must_use]
            pub fn bias(mut self, bias: bool) -> Self {
                self.bias = bias;
                self
            }

            /// Holds the kernel, read as the matrix `[in, out / groups · k..]`, to a set; the initial kernel is projected onto it.
            #[must_use]
            pub fn constrain(mut self, g: impl Parametrization<T> + 'static) -> Self {
                self.constraint = Some(Arc::new(g));
                self
            }

            /// The layer, its kernel drawn from `rng`.
            ///
            /// # Panics
            /// If groups do not divide the channels, a length is 0, or the constraint has no members of the kernel's shape.
            #[track_caller]
            pub fn build(self, rng: &mut (impl Rng + ?Sized)) -> $Layer<T> {
                let by = sliding(self.stride, self.padding, self.dilation, self.groups);
                check($who, self.channels, self.kernel, by);
                let [n_in, n_out] = self.channels;
                let shape: Vec<usize> = [n_in, n_out / self.groups].into_iter().chain(self.kernel).collect();
                let target = Target::new(&shape).with_fans(Fans::conv_transposed(n_in, n_out, &self.kernel, self.groups));
                let kernel = Tensor::build(&shape, |out| self.init.write(&target, draw_key(rng), T::slice_mut(out)));
                let mut weight = Param::new(&kernel, Role::Weight);
                if let Some(g) = self.constraint
                    && let Err(e) = weight.constrain(Arc::new(AsMatrix::new(g, &shape)))
                {
                    panic!("{}: {e}", $who);
                }
                let bias = self.bias.then(|| Param::new(&Tensor::zeros(&[n_out]), Role::Bias));
                $Layer { weight, bias, by, extra: self.extra }
            }
        }

        impl<T: Real> $Layer<T> {
            /// From `n_in` to `n_out` channels, with stride 1, no padding, no dilation, one group and a bias.
            #[track_caller]
            pub fn new(n_in: usize, n_out: usize, kernel: [usize; $d], rng: &mut (impl Rng + ?Sized)) -> Self {
                Self::builder(n_in, n_out, kernel).build(rng)
            }

            /// With options.
            pub fn builder(n_in: usize, n_out: usize, kernel: [usize; $d]) -> $Builder<T> {
                $Builder {
                    channels: [n_in, n_out],
                    kernel,
                    stride: [1; $d],
                    padding: [0; $d],
                    dilation: [1; $d],
                    groups: 1,
                    extra: [0; $d],
                    init: Arc::new(glorot_uniform()),
                    bias: true,
                    constraint: None,
                }
            }

            /// The output for the input `x`.
            #[track_caller]
            pub fn forward(&self, x: &Tensor<T>, _: &mut Mode) -> Tensor<T> {
                let y = x.$method(&self.weight.value(), self.by, ($extra)(self.extra));
                match &self.bias {
                    Some(b) => add_bias(y, &b.value()),
                    None => y,
                }
            }

            /// The kernel.
            pub fn weight(&self) -> &Param<T> {
                &self.weight
            }

            /// The kernel for changing.
            pub fn weight_mut(&mut self) -> &mut Param<T> {
                &mut self.weight
            }

            /// The bias, where there is one.
            pub fn bias(&self) -> Option<&Param<T>> {
                self.bias.as_ref()
            }
        }

        impl<T: Real> Layer<T> for $Layer<T> {
            fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
                self.forward(x, mode)
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
