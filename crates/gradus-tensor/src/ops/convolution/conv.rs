//! Convolution over one or two spatial axes and its two adjoints: three bilinear ops, of which each has the two others as derivatives.

use crate::case::{Case, Room, spread};
use crate::kind::Bilinear;
use crate::message;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::View;
use gradus_kernels::conv::{ConvShape, conv, conv_input_adjoint, conv_weight_adjoint};

/// How the kernel moves over the image: height and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sliding {
    /// Steps between output points.
    pub stride: [usize; 2],
    /// Zeros on either side of the input.
    pub padding: [usize; 2],
    /// Steps between the taps of the kernel.
    pub dilation: [usize; 2],
    /// Groups of channels that see only each other.
    pub groups: usize,
}

impl Default for Sliding {
    fn default() -> Self {
        Sliding { stride: [1; 2], padding: [0; 2], dilation: [1; 2], groups: 1 }
    }
}

impl Sliding {
    /// Over one axis, as if over images of height 1.
    pub(super) fn flat(self) -> Self {
        let Sliding { stride, padding, dilation, groups } = self;
        Sliding { stride: [1, stride[1]], padding: [0, padding[1]], dilation: [1, dilation[1]], groups }
    }

    /// The sizes of a convolution of x `[batch, in, h, w]` by w `[out, in / groups, kh, kw]`.
    pub(super) fn sizes(&self, who: &str, x: &[usize], w: &[usize]) -> Result<ConvShape, Refusal> {
        let (&[batch, channels_in, h, wide], &[channels_out, depth, kh, kw]) = (x, w) else {
            return Err(format!(
                "{who}: the image must be [batch, channels, h, w] and the kernel [out, in / groups, kh, kw], got {x:?} and {w:?}"
            ));
        };
        let Sliding { stride, padding, dilation, groups } = *self;
        if depth * groups != channels_in {
            return Err(format!(
                "{who}: {channels_in} input channels in {groups} groups need kernels of depth {channels_in} / {groups}, got {depth}"
            ));
        }
        Ok(ConvShape {
            batch,
            channels_in,
            channels_out,
            groups,
            spatial: [h, wide],
            kernel: [kh, kw],
            stride,
            padding,
            dilation,
        })
    }

    pub(super) fn output(&self, who: &str, x: &[usize], w: &[usize]) -> Result<Dims, Refusal> {
        let [h, wide] = self.sizes(who, x, w)?.output()?;
        Ok([x[0], w[0], h, wide].into_iter().collect())
    }
}

/// y[b, o, p] = Σ w[o, c, t] · x[b, c, p·stride + t·dilation − padding].
#[derive(Clone, Debug)]
pub struct Conv(pub(super) Sliding);

/// The adjoint of [`Conv`] in the image: image of shape `x` from (cotangent, kernel). The transposed convolution.
#[derive(Clone, Debug)]
pub struct ConvInput {
    pub(super) by: Sliding,
    pub(super) x: [usize; 2],
}

/// The adjoint of [`Conv`] in the kernel: kernel of spatial size `kernel` from (image, cotangent).
#[derive(Clone, Debug)]
pub struct ConvWeight {
    pub(super) by: Sliding,
    pub(super) kernel: [usize; 2],
}

impl<T: Real> Bilinear<T> for Conv {
    const NAME: &'static str = "conv";
    fn shape(&self, x: &[usize], w: &[usize]) -> Result<Dims, Refusal> {
        self.0.output("conv", x, w)
    }
    fn eval(&self, x: View<'_, T>, w: View<'_, T>, out: &mut [T]) {
        let Ok(sizes) = self.0.sizes("conv", x.shape, w.shape) else { return };
        conv(&sizes, &x.flat(), &w.flat(), None, out);
    }
    fn apply(&self, x: &Tensor<T>, w: &Tensor<T>) -> Tensor<T> {
        T::apply(T::boxed(self.clone()), &[x, w])
    }
    fn left(&self, g: &Tensor<T>, w: &Tensor<T>, x: &[usize]) -> Tensor<T> {
        T::apply(T::boxed(ConvInput { by: self.0, x: [x[2], x[3]] }), &[g, w])
    }
    fn right(&self, g: &Tensor<T>, x: &Tensor<T>, w: &[usize]) -> Tensor<T> {
        T::apply(T::boxed(ConvWeight { by: self.0, kernel: [w[2], w[3]] }), &[x, g])
    }
}

impl ConvInput {
    fn image(&self, g: &[usize], w: &[usize]) -> Result<Dims, Refusal> {
        if g.len() != 4 || w.len() != 4 || g[1] != w[0] {
            return Err(format!(
                "conv_transpose: x must be [batch, in, h, w] and the kernel [in, out / groups, kh, kw], got {g:?} and {w:?}"
            ));
        }
        let x: Dims = [g[0], w[1] * self.by.groups, self.x[0], self.x[1]].into_iter().collect();
        let y = self.by.output("conv_transpose", &x, w)?;
        if *y != *g { Err(message::other_shape("conv_transpose", &y, g)) } else { Ok(x) }
    }
}

impl<T: Real> Bilinear<T> for ConvInput {
    const NAME: &'static str = "conv_transpose";
    fn shape(&self, g: &[usize], w: &[usize]) -> Result<Dims, Refusal> {
        self.image(g, w)
    }
    fn eval(&self, g: View<'_, T>, w: View<'_, T>, out: &mut [T]) {
        let Ok(sizes) = self.image(g.shape, w.shape).and_then(|x| self.by.sizes("conv_transpose", &x, w.shape)) else {
            return;
        };
        conv_input_adjoint(&sizes, &g.flat(), &w.flat(), out);
    }
    fn apply(&self, g: &Tensor<T>, w: &Tensor<T>) -> Tensor<T> {
        T::apply(T::boxed(self.clone()), &[g, w])
    }
    fn left(&self, x: &Tensor<T>, w: &Tensor<T>, _: &[usize]) -> Tensor<T> {
        T::apply(T::boxed(Conv(self.by)), &[x, w])
    }
    fn right(&self, x: &Tensor<T>, g: &Tensor<T>, w: &[usize]) -> Tensor<T> {
        T::apply(T::boxed(ConvWeight { by: self.by, kernel: [w[2], w[3]] }), &[x, g])
    }
}

impl ConvWeight {
    fn weight(&self, x: &[usize], g: &[usize]) -> Dims {
        [g[1], x[1] / self.by.groups.max(1), self.kernel[0], self.kernel[1]].into_iter().collect()
    }
}

impl<T: Real> Bilinear<T> for ConvWeight {
    const NAME: &'static str = "conv_weight";
    fn shape(&self, x: &[usize], g: &[usize]) -> Result<Dims, Refusal> {
        Ok(self.weight(x, g))
    }
    fn eval(&self, x: View<'_, T>, g: View<'_, T>, out: &mut [T]) {
        let Ok(sizes) = self.by.sizes("conv_weight", x.shape, &self.weight(x.shape, g.shape)) else { return };
        conv_weight_adjoint(&sizes, &x.flat(), &g.flat(), out);
    }
    fn apply(&self, x: &Tensor<T>, g: &Tensor<T>) -> Tensor<T> {
        T::apply(T::boxed(self.clone()), &[x, g])
    }
    fn left(&self, w: &Tensor<T>, g: &Tensor<T>, x: &[usize]) -> Tensor<T> {
        T::apply(T::boxed(ConvInput { by: self.by, x: [x[2], x[3]] }), &[g, w])
    }
    fn right(&self, w: &Tensor<T>, x: &Tensor<T>, _: &[usize]) -> Tensor<T> {
        T::apply(T::boxed(Conv(self.by)), &[x, w])
    }
}

impl<T: Real> Tensor<T> {
    /// Convolution of images by kernels that are not flipped, as everywhere in this field:
    /// y[b, o, p] = Σ w[o, c, t] · x[b, c, p·stride + t·dilation − padding].
    ///
    /// Shapes: x `[batch, in, h, w]`, kernel `[out, in / groups, kh, kw]`, y `[batch, out, h′, w′]`.
    ///
    /// # Panics
    /// If the shapes do not fit, or the kernel reaches beyond the padded image.
    #[track_caller]
    #[must_use]
    pub fn conv2d(&self, kernel: &Self, by: Sliding) -> Self {
        T::apply(T::boxed(Conv(by)), &[self, kernel])
    }

    /// Convolution over one axis: x `[batch, in, l]`, kernel `[out, in / groups, k]`; of `by` the second numbers count.
    ///
    /// # Panics
    /// If the shapes do not fit, or the kernel reaches beyond the padded input.
    #[track_caller]
    #[must_use]
    pub fn conv1d(&self, kernel: &Self, by: Sliding) -> Self {
        self.unsqueeze(-2).conv2d(&kernel.unsqueeze(-2), by.flat()).squeeze(-2)
    }

    /// The transposed convolution, the adjoint of [`conv2d`](Self::conv2d) in the image: x `[batch, in, h, w]`, kernel
    /// `[in, out / groups, kh, kw]`, y `[batch, out, (h − 1)·stride − 2·padding + dilation·(kh − 1) + 1 + extra, ..]`.
    /// `extra` (below the stride) tells apart the images that a stride makes equal in size.
    ///
    /// # Panics
    /// If the shapes do not fit, the image would be empty, or `extra` is not below the stride.
    #[doc(alias = "conv_transpose2d")]
    #[track_caller]
    #[must_use]
    pub fn conv2d_transposed(&self, kernel: &Self, by: Sliding, extra: [usize; 2]) -> Self {
        let (&[_, _, h, w], &[_, _, kh, kw]) = (self.shape(), kernel.shape()) else {
            message::panic_with(&format!(
                "conv_transpose: x must be [batch, in, h, w] and the kernel [in, out / groups, kh, kw], got {:?} and {:?}",
                self.shape(),
                kernel.shape()
            ));
        };
        let side = |k: usize, n: usize, t: usize| {
            let reach = (n.max(1) - 1) * by.stride[k] + by.dilation[k] * (t.max(1) - 1) + 1 + extra[k];
            if n == 0 || extra[k] >= by.stride[k] || reach <= 2 * by.padding[k] {
                message::panic_with(&format!(
                    "conv_transpose: no image has this convolution: input {n}, kernel {t}, stride {}, padding {}, extra {}; extra must lie below the stride",
                    by.stride[k], by.padding[k], extra[k]
                ));
            }
            reach - 2 * by.padding[k]
        };
        let x = [side(0, h, kh), side(1, w, kw)];
        T::apply(T::boxed(ConvInput { by, x }), &[self, kernel])
    }

    /// The transposed convolution over one axis: x `[batch, in, l]`, kernel `[in, out / groups, k]`; of `by` the second numbers count.
    ///
    /// # Panics
    /// As [`conv2d_transposed`](Self::conv2d_transposed).
    #[doc(alias = "conv_transpose1d")]
    #[track_caller]
    #[must_use]
    pub fn conv1d_transposed(&self, kernel: &Self, by: Sliding, extra: usize) -> Self {
        self.unsqueeze(-2).conv2d_transposed(&kernel.unsqueeze(-2), by.flat(), [0, extra]).squeeze(-2)
    }
}

pub(super) fn ways() -> Vec<(&'static str, Sliding, [[usize; 4]; 2])> {
    let d = Sliding::default();
    vec![
        ("plain", d, [[1, 1, 3, 3], [1, 1, 2, 2]]),
        ("channels", d, [[2, 2, 3, 2], [3, 2, 2, 1]]),
        ("padding", Sliding { padding: [1, 2], ..d }, [[1, 1, 2, 2], [1, 1, 2, 3]]),
        ("stride", Sliding { stride: [2, 1], ..d }, [[1, 1, 4, 3], [2, 1, 2, 2]]),
        ("stride and a rest", Sliding { stride: [2, 2], ..d }, [[1, 1, 4, 4], [1, 1, 1, 3]]),
        ("dilation", Sliding { dilation: [2, 1], ..d }, [[1, 2, 4, 2], [1, 2, 2, 1]]),
        ("groups", Sliding { groups: 2, ..d }, [[1, 4, 2, 2], [2, 2, 1, 2]]),
        ("one point", d, [[1, 1, 1, 1], [1, 1, 1, 1]]),
        ("no images", d, [[0, 1, 2, 2], [1, 1, 2, 2]]),
        (
            "all at once",
            Sliding { stride: [2, 1], padding: [1, 1], dilation: [1, 2], groups: 2 },
            [[1, 2, 3, 3], [2, 1, 2, 2]],
        ),
    ]
}

impl Room for Conv {
    const NAME: &'static str = "conv";
    const FORMULA: &'static str = "y[o, p] = Σ w[o, c, t] x[c, p·stride + t·dilation − padding]";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |(label, by, [x, w]): (&str, Sliding, [[usize; 4]; 2])| {
            Case::new(label, vec![spread(&x, 1), spread(&w, 2)], move |v| v[0].conv2d(&v[1], by).square())
        };
        let mut cases: Vec<Case> = ways().into_iter().map(one).collect();
        cases.push(Case::new("one axis", vec![spread(&[1, 2, 4], 1), spread(&[1, 2, 3], 2)], |v| {
            v[0].conv1d(&v[1], Sliding { padding: [0, 1], ..Sliding::default() }).square()
        }));
        cases.push(Case::new("transposed view", vec![spread(&[1, 1, 2, 3], 1), spread(&[1, 1, 2, 2], 2)], |v| {
            v[0].t().conv2d(&v[1].t(), Sliding::default()).square()
        }));
        cases
    }
}

impl Room for ConvInput {
    const NAME: &'static str = "conv_transpose";
    const FORMULA: &'static str = "the adjoint of conv in x";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |(label, by, [x, w]): (&str, Sliding, [[usize; 4]; 2])| {
            let g: Vec<usize> = by.output("conv", &x, &w).map(|d| d.to_vec()).unwrap_or_default();
            Case::new(label, vec![spread(&g, 1), spread(&w, 2)], move |v| {
                f64::apply(f64::boxed(ConvInput { by, x: [x[2], x[3]] }), &[&v[0], &v[1]]).square()
            })
        };
        let mut cases: Vec<Case> = ways().into_iter().map(one).collect();
        cases.push(Case::new("with extra", vec![spread(&[1, 1, 2, 2], 1), spread(&[1, 1, 2, 1], 2)], |v| {
            v[0].conv2d_transposed(&v[1], Sliding { stride: [2, 2], ..Sliding::default() }, [1, 0]).square()
        }));
        cases.push(Case::new("one axis", vec![spread(&[1, 1, 3], 1), spread(&[1, 2, 2], 2)], |v| {
            v[0].conv1d_transposed(&v[1], Sliding::default(), 0).square()
        }));
        cases
    }
}

impl Room for ConvWeight {
    const NAME: &'static str = "conv_weight";
    const FORMULA: &'static str = "the adjoint of conv in w";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |(label, by, [x, w]): (&str, Sliding, [[usize; 4]; 2])| {
            let g: Vec<usize> = by.output("conv", &x, &w).map(|d| d.to_vec()).unwrap_or_default();
            Case::new(label, vec![spread(&x, 1), spread(&g, 2)], move |v| {
                f64::apply(f64::boxed(ConvWeight { by, kernel: [w[2], w[3]] }), &[&v[0], &v[1]]).square()
            })
        };
        ways().into_iter().map(one).collect()
    }
}
