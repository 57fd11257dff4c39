//! The options that all convolutions have, and what a layer says of itself so that they build it.

use super::{check, sliding};
use crate::linear::started;
use gradus_constraints::AsMatrix;
use gradus_init::{Fans, Scheme, Target, glorot_uniform};
use gradus_tensor::rand::Rng;
use gradus_tensor::{Param, Parametrization, Real, Role, Sliding, Tensor};
use std::marker::PhantomData;
use std::sync::Arc;

/// A layer with a kernel that slides over D axes.
pub trait Convolution<T: Real, const D: usize>: Sized {
    #[doc(hidden)]
    const NAME: &'static str;
    /// The kernel's first two axes, for (input, output) channels.
    #[doc(hidden)]
    fn lead(channels: [usize; 2], groups: usize) -> [usize; 2];
    #[doc(hidden)]
    fn fans(channels: [usize; 2], kernel: &[usize], groups: usize) -> Fans;
    #[doc(hidden)]
    fn of(weight: Param<T>, bias: Option<Param<T>>, by: Sliding, extra: [usize; D]) -> Self;
}

/// A convolution that enlarges.
pub trait Enlarging {}

/// The options of a convolution `L`, transposed or not, over D axes.
pub struct ConvBuilder<L, T: Real, const D: usize> {
    channels: [usize; 2],
    kernel: [usize; D],
    stride: [usize; D],
    padding: [usize; D],
    dilation: [usize; D],
    groups: usize,
    extra: [usize; D],
    init: Arc<dyn Scheme>,
    bias: bool,
    constraint: Option<Arc<dyn Parametrization<T>>>,
    layer: PhantomData<fn() -> L>,
}

impl<L, T: Real, const D: usize> std::fmt::Debug for ConvBuilder<L, T, D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConvBuilder")
            .field("channels", &self.channels)
            .field("kernel", &self.kernel)
            .finish_non_exhaustive()
    }
}

impl<L: Convolution<T, D>, T: Real, const D: usize> ConvBuilder<L, T, D> {
    /// Stride 1, no padding, no dilation, one group, a bias, Glorot's uniform scheme.
    pub(crate) fn new(n_in: usize, n_out: usize, kernel: [usize; D]) -> Self {
        ConvBuilder {
            channels: [n_in, n_out],
            kernel,
            stride: [1; D],
            padding: [0; D],
            dilation: [1; D],
            groups: 1,
            extra: [0; D],
            init: Arc::new(glorot_uniform()),
            bias: true,
            constraint: None,
            layer: PhantomData,
        }
    }

    /// Steps between the places where the kernel is put (1).
    #[must_use]
    pub fn stride(mut self, stride: [usize; D]) -> Self {
        self.stride = stride;
        self
    }

    /// Zeros on either side of the input; of a transposed convolution, points taken off on either side of the output (0).
    #[must_use]
    pub fn padding(mut self, padding: [usize; D]) -> Self {
        self.padding = padding;
        self
    }

    /// Steps between the taps of the kernel (1).
    #[must_use]
    pub fn dilation(mut self, dilation: [usize; D]) -> Self {
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

    /// How the kernel starts: a scheme of [`gradus_init`], with the fans of this convolution with these groups.
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

    /// Holds the kernel, read as the matrix `[first axis, all others]` (`[out, in / groups · k..]`, transposed `[in, out / groups · k..]`),
    /// to a set, in which it starts as a [`Linear`](crate::Linear)'s weight does.
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
    pub fn build(self, rng: &mut (impl Rng + ?Sized)) -> L {
        let by = sliding(self.stride, self.padding, self.dilation, self.groups);
        check(L::NAME, self.channels, self.kernel, by);
        let shape: Vec<usize> = L::lead(self.channels, self.groups).into_iter().chain(self.kernel).collect();
        let target = Target::new(&shape).with_fans(L::fans(self.channels, &self.kernel, self.groups));
        let held = self.constraint.map(|g| Arc::new(AsMatrix::of(g)) as Arc<dyn Parametrization<T>>);
        let weight = started(L::NAME, &*self.init, &target, held, rng);
        let bias = self.bias.then(|| Param::new(&Tensor::zeros(&[self.channels[1]]), Role::Bias));
        L::of(weight, bias, by, self.extra)
    }
}

impl<L: Convolution<T, D> + Enlarging, T: Real, const D: usize> ConvBuilder<L, T, D> {
    /// Points more at the end, below the stride: tells apart the images that a stride makes equal in size (0).
    #[doc(alias = "output_padding")]
    #[must_use]
    pub fn extra(mut self, extra: [usize; D]) -> Self {
        self.extra = extra;
        self
    }
}

/// What layers with a kernel offer alike: how they are made, their parameters, [`Layer`](crate::layer::Layer).
macro_rules! kernel_layer {
    ($Layer:ident, $Builder:ident, $d:literal) => {
        #[doc = concat!("The options of a [`", stringify!($Layer), "`].")]
        pub type $Builder<T = f32> = ConvBuilder<$Layer<T>, T, $d>;

        impl<T: Real> $Layer<T> {
            /// From `n_in` to `n_out` channels, with stride 1, no padding, no dilation, one group and a bias.
            #[track_caller]
            pub fn new(n_in: usize, n_out: usize, kernel: [usize; $d], rng: &mut (impl Rng + ?Sized)) -> Self {
                Self::builder(n_in, n_out, kernel).build(rng)
            }

            /// With options.
            pub fn builder(n_in: usize, n_out: usize, kernel: [usize; $d]) -> $Builder<T> {
                ConvBuilder::new(n_in, n_out, kernel)
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
    };
}
pub(super) use kernel_layer;
