//! Dropout: a linear map whose mask is a hash of (key, position), so every derivative and every recomputation sees the same mask.

use crate::case::{Case, Room, spread};
use crate::kind::Linear;
use crate::message;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::ops::elementwise::gate::Times;
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::random::{Key, bernoulli_keep, select};
use gradus_kernels::{View, elementwise, map};
use std::sync::{Arc, OnceLock};

/// What shares one bit of the mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// Every element has its own.
    Element,
    /// All places of a channel: the axes after the first two share.
    Channel,
    /// All samples of the mini-batch: the first axis shares (one mask a mini-batch).
    Batch,
}

/// y = x ⊙ m · scale with m ~ Bern(1 − p).
#[derive(Clone, Debug)]
pub struct Dropout {
    p: f64,
    scale: f64,
    key: [u64; 2],
    granularity: Granularity,
    /// The mask by element, once it was asked for: this op's cotangent, and the cotangent's, need not draw it again.
    mask: Arc<OnceLock<Box<[u8]>>>,
}

impl Dropout {
    fn key(&self) -> Key {
        let [a, b] = self.key;
        Key([a as u32, (a >> 32) as u32, b as u32, (b >> 32) as u32])
    }
}

impl<T: Real> Linear<T> for Dropout {
    const NAME: &'static str = "dropout";
    const KEEPS_SHAPE: bool = true;
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        Ok(x[0].into())
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        let (x, keep, scale) = (x[0], 1.0 - self.p, T::from_f64(self.scale));
        let rank = x.shape.len();
        let shared = match self.granularity {
            Granularity::Element => {
                let mask = self.mask.get_or_init(|| {
                    let mut mask = vec![0; x.len()].into_boxed_slice();
                    bernoulli_keep(self.key(), 0, keep, 1, &mut mask);
                    mask
                });
                return select(mask, scale, &x.flat(), out);
            }
            Granularity::Channel => 0..rank.min(2),
            Granularity::Batch => rank.min(1)..rank,
        };
        let mut mask = vec![T::ZERO; x.shape[shared.clone()].iter().product()];
        bernoulli_keep(self.key(), 0, keep, scale, &mut mask);
        let mut strides: Dims = Dims::from_elem(0, rank);
        let mut step = 1;
        for k in shared.rev() {
            strides[k] = step;
            step *= x.shape[k];
        }
        elementwise([x, View { data: &mask, shape: x.shape, strides: &strides }], out, |x, y| map(Times, x, y));
    }
    fn adjoint(&self, _: usize, g: &Tensor<T>, _: &[&[usize]]) -> Tensor<T> {
        T::apply(T::boxed(self.clone()), &[g])
    }
}

impl<T: Real> Tensor<T> {
    /// x ⊙ m · `scale` with m ~ Bern(1 − p) drawn from `key` by position: the same key gives the same mask, for any number of threads.
    ///
    /// # Panics
    /// If p is not in [0, 1).
    #[track_caller]
    #[must_use]
    pub fn dropout(&self, p: f64, scale: f64, granularity: Granularity, key: [u64; 2]) -> Self {
        if !(0.0..1.0).contains(&p) {
            message::panic_with(&format!("dropout: p must lie in [0, 1), got {p}; to switch a unit off use a mask"));
        }
        T::apply(T::boxed(Dropout { p, scale, key, granularity, mask: Arc::default() }), &[self])
    }
}

impl Room for Dropout {
    const NAME: &'static str = "dropout";
    const FORMULA: &'static str = "y = x ⊙ m / (1 − p), m ~ Bern(1 − p)";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, shape: &[usize], p: f64, granularity| {
            Case::new(label, vec![spread(shape, 1)], move |x| {
                x[0].dropout(p, 1.0 / (1.0 - p), granularity, [7, 1]).square()
            })
        };
        vec![
            on("by element", &[4, 3], 0.5, Granularity::Element),
            on("by channel", &[2, 3, 2], 0.5, Granularity::Channel),
            on("one mask a batch", &[3, 4], 0.5, Granularity::Batch),
            on("p = 0", &[5], 0.0, Granularity::Element),
            on("nearly all dropped", &[8], 0.999, Granularity::Element),
            on("empty", &[0, 3], 0.5, Granularity::Element),
            on("rank 0", &[], 0.5, Granularity::Element),
            on("channel of rank 1", &[3], 0.5, Granularity::Channel),
            Case::new("transposed", vec![spread(&[3, 2], 1)], |x| {
                x[0].t().dropout(0.4, 1.0, Granularity::Element, [3, 4]).exp()
            }),
            Case::new("twice", vec![spread(&[6], 1)], |x| {
                let d = |x: &Tensor<f64>, k| x.dropout(0.3, 1.0, Granularity::Element, [k, 0]);
                d(&d(&x[0], 1).exp(), 2).square()
            }),
        ]
    }
}
