//! Batch normalisation with the statistics of the batch, in one pass; the twin is its formula.

use super::batch_norm_pull::BatchNormPull;
use crate::case::{Case, Room, spread};
use crate::kind::Fused;
use crate::message;
use crate::node::Tensor;
use crate::op::{Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::View;
use gradus_kernels::norm::{ChannelPull, Channels, normalise_channels, pull_channels};

/// y = γ (x − m)/√(σ² + ε) + δ with m, σ² (biased) over all axes but the second: x `[n, c, ..]`, γ and δ `[c]`.
#[derive(Clone, Debug)]
pub struct BatchNorm {
    eps: f64,
}

/// The axes of x: samples, channels, places.
pub(super) fn channels(shape: &[usize]) -> Channels {
    Channels { n: shape[0], c: shape[1], l: shape[2..].iter().product() }
}

/// All axes of x but the channels.
fn others<T: Real>(x: &Tensor<T>) -> Vec<isize> {
    (0..x.rank() as isize).filter(|&k| k != 1).collect()
}

/// Its means over samples and places.
pub(super) fn mean<T: Real>(x: &Tensor<T>) -> Tensor<T> {
    x.mean_axes(&others(x), true)
}

/// v `[c]` as one number a channel of x.
pub(super) fn along<T: Real>(v: &Tensor<T>, x: &Tensor<T>) -> Tensor<T> {
    let shape: Vec<usize> = (0..x.rank()).map(|k| if k == 1 { x.shape()[1] } else { 1 }).collect();
    v.reshape(&shape)
}

/// x̂ = (x − m)/√(σ² + ε), and √(σ² + ε).
pub(super) fn standardised<T: Real>(x: &Tensor<T>, eps: f64) -> (Tensor<T>, Tensor<T>) {
    let centred = x - mean(x);
    let deviation = (mean(&centred.square()) + eps).sqrt();
    (centred / &deviation, deviation)
}

impl<T: Real> Fused<T> for BatchNorm {
    const NAME: &'static str = "batch_norm";
    fn shape(&self, s: &[&[usize]]) -> Result<Dims, Refusal> {
        let (x, gamma, delta) = (s[0], s[1], s[2]);
        if x.len() < 2 {
            return Err(format!("batch_norm: x must be [n, channels, ..], got {x:?}"));
        }
        if gamma != &x[1..2] || delta != &x[1..2] {
            return Err(format!(
                "batch_norm: scale {gamma:?} and shift {delta:?} must have one number a channel of x {x:?}"
            ));
        }
        let count = x[0] * x[2..].iter().product::<usize>();
        if count < 2 && x[1] > 0 {
            return Err(format!(
                "batch_norm: x {x:?} has {count} value a channel, and one value has no variance; use a larger batch, or evaluate"
            ));
        }
        Ok(x.into())
    }
    /// Mean, 1/√(σ² + ε) and σ² of each channel.
    fn aux_len(&self, s: &[&[usize]]) -> usize {
        3 * s[0][1]
    }
    fn eval(&self, v: &[View<'_, T>], out: &mut [T], aux: &mut [T]) {
        let [x, gamma, delta] = [v[0].flat(), v[1].flat(), v[2].flat()];
        normalise_channels(channels(v[0].shape), &x, [&gamma, &delta], T::from_f64(self.eps), aux, out);
    }
    fn backward(&self, at: &Point<'_, T>, g: &Tensor<T>, wanted: &[bool]) -> Slots<T> {
        let shape = at.inputs[0].shape();
        let [x, gamma, g] = [at.inputs[0].view().flat(), at.inputs[1].view().flat(), g.view().flat()];
        let mut sums = vec![T::ZERO; 2 * gamma.len()];
        let pull = ChannelPull { shape: channels(shape), x: &x, g: &g, gamma: &gamma, stats: at.aux };
        let dx = Tensor::build(shape, |dx| pull_channels(pull, dx, &mut sums));
        let sum = |k: usize| {
            let parts: Vec<T> = sums.iter().skip(k).step_by(2).copied().collect();
            Tensor::from_slice(&[parts.len()], &parts)
        };
        let only = |i: usize, f: &dyn Fn() -> Tensor<T>| if wanted[i] { Slot::Of(f()) } else { Slot::Zero };
        [only(0, &|| dx.clone()), only(1, &|| sum(0)), only(2, &|| sum(1))].into_iter().collect()
    }
    fn closed(&self, at: &Point<'_, T>, g: &Tensor<T>, wanted: &[bool]) -> Option<Slots<T>> {
        let (x, gamma) = (&at.inputs[0], &at.inputs[1]);
        let axes = others(x);
        let only = |i: usize, f: &dyn Fn() -> Tensor<T>| if wanted[i] { Slot::Of(f()) } else { Slot::Zero };
        let of_x = || T::apply(T::boxed(BatchNormPull { eps: self.eps }), &[x, gamma, g]);
        let of_gamma = || {
            let normalised = x.batch_norm(&Tensor::ones(gamma.shape()), &Tensor::zeros(gamma.shape()), self.eps).0;
            (g * normalised).sum_axes(&axes, false)
        };
        let of_delta = || g.sum_axes(&axes, false);
        Some([only(0, &of_x), only(1, &of_gamma), only(2, &of_delta)].into_iter().collect())
    }
    fn twin(&self, v: &[Tensor<T>]) -> Tensor<T> {
        standardised(&v[0], self.eps).0 * along(&v[1], &v[0]) + along(&v[2], &v[0])
    }
}

/// The statistics of a batch: mean and biased variance of each channel.
#[derive(Clone, Debug)]
pub struct BatchStatistics<T: Real> {
    /// The mean of each channel.
    pub mean: Vec<T>,
    /// The biased variance of each channel.
    pub variance: Vec<T>,
    /// How many values each was taken over.
    pub count: usize,
}

impl<T: Real> Tensor<T> {
    /// γ (x − m)/√(σ² + ε) + δ with mean m and biased variance σ² of the batch over all axes but the second; and these statistics,
    /// as numbers that no derivative sees (Ioffe & Szegedy 2015, algorithm 1).
    ///
    /// Shapes: x `[n, c, ..]`, γ and δ `[c]`.
    ///
    /// # Panics
    /// If the shapes do not fit, a channel has only one value (it has no variance), or `eps` is not positive.
    #[track_caller]
    #[must_use]
    pub fn batch_norm(&self, gamma: &Self, delta: &Self, eps: f64) -> (Self, BatchStatistics<T>) {
        if !(eps >= 0.0 && eps.is_finite()) {
            message::panic_with(&format!("batch_norm: eps must be finite and not negative, got {eps}"));
        }
        let (y, aux) = T::apply_with_aux(T::boxed(BatchNorm { eps }), &[self, gamma, delta]);
        let aux = aux.as_deref().unwrap_or(&[]);
        let part = |k: usize| aux.iter().skip(k).step_by(3).copied().collect();
        let count = self.len().checked_div(gamma.len()).unwrap_or(0);
        (y, BatchStatistics { mean: part(0), variance: part(2), count })
    }
}

impl Room for BatchNorm {
    const NAME: &'static str = "batch_norm";
    const FORMULA: &'static str = "y = γ (x − m)/√(σ² + ε) + δ";
    #[inline]
    fn cases() -> Vec<Case> {
        let at = |shape: &[usize]| vec![spread(shape, 1), spread(&shape[1..2], 2) + 1.5, spread(&shape[1..2], 3)];
        let on = |label: &str, shape: &[usize], eps| {
            Case::new(label, at(shape), move |x| x[0].batch_norm(&x[1], &x[2], eps).0.square())
        };
        vec![
            on("features", &[4, 2], 1e-5),
            on("channels", &[2, 2, 3], 1e-5),
            on("images", &[2, 2, 2, 2], 1e-3),
            on("two samples", &[2, 3], 0.1),
            on("one sample with places", &[1, 2, 3], 1e-3),
            on("no channels", &[3, 0], 1e-5),
            on("eps 0", &[3, 2], 0.0),
            Case::new("transposed", vec![spread(&[2, 3], 1), spread(&[2], 2), spread(&[2], 3)], |x| {
                x[0].t().batch_norm(&x[1], &x[2], 1e-2).0.exp()
            }),
            Case::new("constant feature", vec![Tensor::ones(&[3, 1]), Tensor::ones(&[1]), Tensor::zeros(&[1])], |x| {
                x[0].batch_norm(&x[1], &x[2], 1.0).0
            }),
            Case::new("against the twin", at(&[4, 2]), |x| {
                (x[0].batch_norm(&x[1], &x[2], 1e-2).0 - Fused::twin(&BatchNorm { eps: 1e-2 }, x)).square()
            }),
        ]
    }
}
