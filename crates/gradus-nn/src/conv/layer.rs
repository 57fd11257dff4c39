//! Convolution over one and two spatial axes.

use super::{AsMatrix, add_bias, check, sliding};
use crate::layer::Layer;
use gradus_derive::Module;
use gradus_init::{Fans, Scheme, Target, draw_key, glorot_uniform};
use gradus_tensor::rand::Rng;
use gradus_tensor::{Mode, Param, Parametrization, Real, Role, Sliding, Tensor};
use std::sync::Arc;

macro_rules! layers {
    ($($(#[$doc:meta])* $Layer:ident, $Builder:ident, $d:literal, $who:literal, $method:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Module)]
        pub struct $Layer<T: Real = f32> {
            weight: Param<T>,
            bias: Option<Param<T>>,
            #[module(skip)]
            by: Sliding,
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

            /// Zeros on either side of the input (0).
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

            /// How the kernel starts: a scheme of [`gradus_init`], with the fans of a convolution with these groups.
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

            /// Holds the kernel, read as the matrix `[out, in / groups · k..]`, to a set; the initial kernel is projected onto it.
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
                let shape: Vec<usize> = [n_out, n_in / self.groups].into_iter().chain(self.kernel).collect();
                let target = Target::new(&shape).with_fans(Fans::conv(n_in, n_out, &self.kernel, self.groups));
                let kernel = Tensor::build(&shape, |out| self.init.write(&target, draw_key(rng), T::slice_mut(out)));
                let mut weight = Param::new(&kernel, Role::Weight);
                if let Some(g) = self.constraint
                    && let Err(e) = weight.constrain(Arc::new(AsMatrix::new(g, &shape)))
                {
                    panic!("{}: {e}", $who);
                }
                let bias = self.bias.then(|| Param::new(&Tensor::zeros(&[n_out]), Role::Bias));
                $Layer { weight, bias, by }
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
                    init: Arc::new(glorot_uniform()),
                    bias: true,
                    constraint: None,
                }
            }

            /// The output for the input `x`.
            #[track_caller]
            pub fn forward(&self, x: &Tensor<T>, _: &mut Mode) -> Tensor<T> {
                let y = x.$method(&self.weight.value(), self.by);
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

            /// A layer that slides like this one with another kernel of the same shape, and this bias.
            pub(crate) fn with_weights(&self, kernel: &Tensor<T>, bias: &Tensor<T>) -> Self {
                let weight = Param::new(&kernel.detach(), Role::Weight);
                $Layer { weight, bias: Some(Param::new(&bias.detach(), Role::Bias)), by: self.by }
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
    /// Convolution over one axis: `y[o, p] = b[o] + Σ w[o, c, t] x[c, p·stride + t·dilation − padding]`.
    ///
    /// Shapes: x `[n, in, l]`, w `[out, in / groups, k]`, b `[out]`, y `[n, out, l′]`. Initial w ~ Glorot uniform with the fans of a
    /// convolution, b = 0.
    ///
    /// # Panics
    /// If x has other channels, or the kernel reaches beyond the padded input.
    Conv1d, Conv1dBuilder, 1, "conv1d", conv1d;
    /// Convolution over two axes: `y[o, p] = b[o] + Σ w[o, c, t] x[c, p·stride + t·dilation − padding]`.
    ///
    /// Shapes: x `[n, in, h, w]`, w `[out, in / groups, kh, kw]`, b `[out]`, y `[n, out, h′, w′]`. Initial w ~ Glorot uniform with the
    /// fans of a convolution, b = 0.
    ///
    /// # Panics
    /// If x has other channels, or the kernel reaches beyond the padded image.
    Conv2d, Conv2dBuilder, 2, "conv2d", conv2d;
}
