//! Convolution with a bias, in one pass: the bias is added while a block of the result is in the cache.

use super::conv::{Conv, ConvInput, ConvWeight, Sliding, ways};
use crate::case::{Case, Room, spread};
use crate::kind::Fused;
use crate::message;
use crate::node::Tensor;
use crate::op::{Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::View;
use gradus_kernels::conv::conv;

/// y\[b, o, p\] = c\[o\] + Σ w[o, c, t] · x[b, c, p·stride + t·dilation − padding].
#[derive(Clone, Debug)]
pub struct ConvBias(Sliding);

impl<T: Real> Fused<T> for ConvBias {
    const NAME: &'static str = "conv_bias";
    fn shape(&self, s: &[&[usize]]) -> Result<Dims, Refusal> {
        let y = self.0.output("conv", s[0], s[1])?;
        if s[2] != &y[1..2] {
            return Err(message::other_shape("conv: bias", &y[1..2], s[2]));
        }
        Ok(y)
    }
    fn eval(&self, v: &[View<'_, T>], out: &mut [T], _: &mut [T]) {
        let Ok(sizes) = self.0.sizes("conv", v[0].shape, v[1].shape) else { return };
        conv(&sizes, &v[0].flat(), &v[1].flat(), Some(&v[2].flat()), out);
    }
    fn backward(&self, at: &Point<'_, T>, g: &Tensor<T>, wanted: &[bool]) -> Slots<T> {
        self.rule(at.inputs, g, wanted)
    }
    fn twin(&self, v: &[Tensor<T>]) -> Tensor<T> {
        T::apply(T::boxed(Conv(self.0)), &[&v[0], &v[1]]) + v[2].reshape(&[v[2].len(), 1, 1])
    }
    fn closed(&self, at: &Point<'_, T>, g: &Tensor<T>, wanted: &[bool]) -> Option<Slots<T>> {
        Some(self.rule(at.inputs, g, wanted))
    }
}

impl ConvBias {
    /// The rule is made of the adjoints: the same at every order.
    fn rule<T: Real>(&self, v: &[Tensor<T>], g: &Tensor<T>, wanted: &[bool]) -> Slots<T> {
        let only = |i: usize, f: &dyn Fn() -> Tensor<T>| if wanted[i] { Slot::Of(f()) } else { Slot::Zero };
        let (x, w, by) = (v[0].shape(), v[1].shape(), self.0);
        let slots = [
            only(0, &|| T::apply(T::boxed(ConvInput { by, x: [x[2], x[3]] }), &[g, &v[1]])),
            only(1, &|| T::apply(T::boxed(ConvWeight { by, kernel: [w[2], w[3]] }), &[&v[0], g])),
            only(2, &|| g.sum_axes(&[0, 2, 3], false)),
        ];
        slots.into_iter().collect()
    }
}

impl<T: Real> Tensor<T> {
    /// [`conv2d`](Self::conv2d) with a bias, `y[b, o, p] + c[o]`: c `[out]`.
    ///
    /// # Panics
    /// As [`conv2d`](Self::conv2d), and if the bias has not a number for every output channel.
    #[track_caller]
    #[must_use]
    pub fn conv2d_bias(&self, kernel: &Self, bias: &Self, by: Sliding) -> Self {
        T::apply(T::boxed(ConvBias(by)), &[self, kernel, bias])
    }

    /// [`conv1d`](Self::conv1d) with a bias, `y[b, o, p] + c[o]`: c `[out]`.
    ///
    /// # Panics
    /// As [`conv1d`](Self::conv1d), and if the bias has not a number for every output channel.
    #[track_caller]
    #[must_use]
    pub fn conv1d_bias(&self, kernel: &Self, bias: &Self, by: Sliding) -> Self {
        self.unsqueeze(-2).conv2d_bias(&kernel.unsqueeze(-2), bias, by.flat()).squeeze(-2)
    }
}

impl Room for ConvBias {
    const NAME: &'static str = "conv_bias";
    const FORMULA: &'static str = "y[o, p] = c[o] + Σ w[o, c, t] x[c, p·stride + t·dilation − padding]";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |(label, by, [x, w]): (&str, Sliding, [[usize; 4]; 2])| {
            let at = vec![spread(&x, 1), spread(&w, 2), spread(&w[..1], 3)];
            Case::new(label, at, move |v| v[0].conv2d_bias(&v[1], &v[2], by).square())
        };
        let mut cases: Vec<Case> = ways().into_iter().map(one).collect();
        let at = |x: &[usize], w: &[usize]| vec![spread(x, 1), spread(w, 2), spread(&w[..1], 3)];
        cases.push(Case::new("one axis", at(&[1, 2, 4], &[1, 2, 3]), |v| {
            v[0].conv1d_bias(&v[1], &v[2], Sliding { padding: [0, 1], ..Sliding::default() }).square()
        }));
        cases.push(Case::new("transposed view", at(&[1, 1, 2, 3], &[1, 1, 2, 2]), |v| {
            v[0].t().conv2d_bias(&v[1].t(), &v[2], Sliding::default()).square()
        }));
        let by = Sliding { padding: [1, 1], ..Sliding::default() };
        cases.push(
            Case::new("against the twin", at(&[2, 2, 3, 3], &[3, 2, 2, 2]), move |v| {
                (v[0].conv2d_bias(&v[1], &v[2], by) - Fused::twin(&ConvBias(by), v)).square()
            })
            .expect_all([0.0; 4]),
        );
        cases
    }
}
