//! Batch normalisation with the statistics of the batch, in one pass; the twin is its formula.

use crate::case::{Case, Room, spread};
use crate::kind::Fused;
use crate::message;
use crate::node::Tensor;
use crate::op::{Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::View;

/// y = γ (x − m)/√(σ² + ε) + δ with m, σ² (biased) over all axes but the second: x `[n, c, ..]`, γ and δ `[c]`.
#[derive(Clone, Debug)]
pub struct BatchNorm {
    eps: f64,
}

/// x as `[n, c, l]` in row-major order.
fn flat<'a, T: Real>(x: View<'a, T>, copy: &'a mut Vec<T>) -> (&'a [T], [usize; 3]) {
    let dims = [x.shape[0], x.shape[1], x.shape[2..].iter().product()];
    match x.contiguous() {
        Some(flat) => (flat, dims),
        None => {
            *copy = x.to_vec();
            (copy, dims)
        }
    }
}

/// Σ over samples and places of f(element, channel), for every channel.
fn by_channel<T: Real>([n, c, l]: [usize; 3], out: &mut [T], f: impl Fn(usize, usize) -> T) {
    out.fill(T::ZERO);
    for i in 0..n {
        for (j, out) in out.iter_mut().enumerate() {
            let base = (i * c + j) * l;
            let mut sum = T::ZERO;
            for k in base..base + l {
                sum += f(k, j);
            }
            *out += sum;
        }
    }
}

/// Writes f(element, channel) for every element.
fn each<T: Real>([n, c, l]: [usize; 3], out: &mut [T], f: impl Fn(usize, usize) -> T) {
    for i in 0..n {
        for j in 0..c {
            let base = (i * c + j) * l;
            for k in base..base + l {
                out[k] = f(k, j);
            }
        }
    }
}

impl<T: Real> Fused<T> for BatchNorm {
    const NAME: &'static str = "batch_norm";
    fn shape(&self, s: &[&[usize]]) -> Result<Dims, Refusal> {
        let (x, gamma, delta) = (s[0], s[1], s[2]);
        if x.len() < 2 {
            return Err(format!("batch_norm: x must be [n, channels, ..], got {x:?}"));
        }
        if gamma != &x[1..2] || delta != &x[1..2] {
            return Err(format!("batch_norm: scale {gamma:?} and shift {delta:?} must have one number a channel of x {x:?}"));
        }
        let count = x[0] * x[2..].iter().product::<usize>();
        if count < 2 && x[1] > 0 {
            return Err(format!("batch_norm: x {x:?} has {count} value a channel, and one value has no variance; use a larger batch, or evaluate"));
        }
        Ok(x.into())
    }
    /// Mean and 1/√(σ² + ε) of each channel, then σ².
    fn aux_len(&self, s: &[&[usize]]) -> usize {
        3 * s[0][1]
    }
    fn eval(&self, v: &[View<'_, T>], out: &mut [T], aux: &mut [T]) {
        let mut copy = Vec::new();
        let (x, dims) = flat(v[0], &mut copy);
        let c = dims[1];
        let count = T::from_usize(dims[0] * dims[2]);
        let (mean, rest) = aux.split_at_mut(c);
        let (rstd, var) = rest.split_at_mut(c);
        by_channel(dims, mean, |k, _| x[k]);
        mean.iter_mut().for_each(|m| *m /= count);
        by_channel(dims, var, |k, j| (x[k] - mean[j]) * (x[k] - mean[j]));
        var.iter_mut().for_each(|s| *s /= count);
        let eps = T::from_f64(self.eps);
        rstd.iter_mut().zip(&*var).for_each(|(r, &s)| *r = T::ONE / (s + eps).sqrt());
        let (gamma, delta) = (v[1].to_vec(), v[2].to_vec());
        each(dims, out, |k, j| (x[k] - mean[j]) * (rstd[j] * gamma[j]) + delta[j]);
    }
    fn backward(&self, at: &Point<'_, T>, g: &Tensor<T>, wanted: &[bool]) -> Slots<T> {
        let (mut copy_x, mut copy_g) = (Vec::new(), Vec::new());
        let (x, dims) = flat(at.inputs[0].view(), &mut copy_x);
        let (g, _) = flat(g.view(), &mut copy_g);
        let (c, count) = (dims[1], T::from_usize(dims[0] * dims[2]));
        let (mean, rstd) = (&at.aux[..c], &at.aux[c..2 * c]);
        let (mut sum_g, mut sum_gx) = (vec![T::ZERO; c], vec![T::ZERO; c]);
        by_channel(dims, &mut sum_g, |k, _| g[k]);
        by_channel(dims, &mut sum_gx, |k, j| g[k] * ((x[k] - mean[j]) * rstd[j]));
        let dx = |gamma: &[T]| {
            Tensor::build(at.inputs[0].shape(), |out| {
                let (a, b): (Vec<T>, Vec<T>) = sum_g.iter().zip(&sum_gx).map(|(&s, &t)| (s / count, t / count)).unzip();
                each(dims, out, |k, j| (g[k] - a[j] - (x[k] - mean[j]) * rstd[j] * b[j]) * (rstd[j] * gamma[j]));
            })
        };
        let only = |i: usize, f: &dyn Fn() -> Tensor<T>| if wanted[i] { Slot::Of(f()) } else { Slot::Zero };
        let slots = [
            only(0, &|| dx(&at.inputs[1].to_vec())),
            only(1, &|| Tensor::from_slice(&[c], &sum_gx)),
            only(2, &|| Tensor::from_slice(&[c], &sum_g)),
        ];
        slots.into_iter().collect()
    }
    fn twin(&self, v: &[Tensor<T>]) -> Tensor<T> {
        let x = &v[0];
        let axes: Vec<isize> = (0..x.rank() as isize).filter(|&k| k != 1).collect();
        let per_channel: Vec<usize> = (0..x.rank()).map(|k| if k == 1 { x.shape()[1] } else { 1 }).collect();
        let centred = x - x.mean_axes(&axes, true);
        let deviation = (centred.square().mean_axes(&axes, true) + self.eps).sqrt();
        centred / deviation * v[1].reshape(&per_channel) + v[2].reshape(&per_channel)
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
        let (c, aux) = (gamma.len(), aux.as_deref().unwrap_or(&[]));
        let part = |k: usize| aux.get(k * c..(k + 1) * c).unwrap_or(&[]).to_vec();
        let count = self.len().checked_div(c).unwrap_or(0);
        (y, BatchStatistics { mean: part(0), variance: part(2), count })
    }
}

impl Room for BatchNorm {
    const NAME: &'static str = "batch_norm";
    const FORMULA: &'static str = "y = γ (x − m)/√(σ² + ε) + δ";
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
            Case::new("transposed", vec![spread(&[2, 3], 1), spread(&[2], 2), spread(&[2], 3)], |x| x[0].t().batch_norm(&x[1], &x[2], 1e-2).0.exp()),
            Case::new("constant feature", vec![Tensor::ones(&[3, 1]), Tensor::ones(&[1]), Tensor::zeros(&[1])], |x| x[0].batch_norm(&x[1], &x[2], 1.0).0),
            Case::new("against the twin", at(&[4, 2]), |x| (x[0].batch_norm(&x[1], &x[2], 1e-2).0 - Fused::twin(&BatchNorm { eps: 1e-2 }, x)).square()),
        ]
    }
}
