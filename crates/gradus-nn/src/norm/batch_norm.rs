//! Batch normalisation: each feature or channel brought to mean 0 and variance 1, then scaled and shifted by what is learnt.

use crate::layer::Layer;
use gradus_derive::Module;
use gradus_tensor::extend::refuse;
use gradus_tensor::{BatchStatistics, Buffer, Mode, Param, Real, Role, Statistics, Tensor};

/// Batch normalisation `y = γ (x − m)/√(σ² + ε) + δ` (Ioffe & Szegedy 2015).
///
/// Shapes: x `[n, c]` or `[n, c, ..]`; statistics are taken over all axes but the second. In training m and σ² (biased) are those of the
/// batch, and the running statistics follow: `m_new = α m + (1 − α) m_prev` with α = 0.1, the variance by default unbiased, as in PyTorch.
/// In evaluation the running ones are used. Derivatives pass through the statistics, exactly, to every order.
///
/// # Panics
/// If x has another number of channels; in training, if a channel has only one value: one value has no variance.
#[derive(Debug, Module)]
pub struct BatchNorm<T: Real = f32> {
    weight: Option<Param<T>>,
    bias: Option<Param<T>>,
    running_mean: Buffer<T>,
    running_var: Buffer<T>,
    eps: f64,
    #[module(skip)]
    options: Options,
}

#[derive(Clone, Copy, Debug)]
struct Options {
    /// α; `None` for the cumulative average.
    momentum: Option<f64>,
    biased_running_variance: bool,
    /// Whether the running statistics are used, and left alone, in training too.
    frozen: bool,
}

/// The options of a [`BatchNorm`].
#[derive(Clone, Debug)]
pub struct BatchNormBuilder {
    channels: usize,
    eps: f64,
    affine: bool,
    options: Options,
}

impl BatchNormBuilder {
    /// Whether γ and δ are learnt (they are); without, γ = 1 and δ = 0.
    #[must_use]
    pub fn affine(mut self, affine: bool) -> Self {
        self.affine = affine;
        self
    }

    /// ε, added to the variance (1e-5).
    #[must_use]
    pub fn eps(mut self, eps: f64) -> Self {
        self.eps = eps;
        self
    }

    /// α, the fraction of the new statistic in the running one (0.1).
    #[must_use]
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.options.momentum = Some(momentum);
        self
    }

    /// Running statistics are the plain average over all updates.
    #[must_use]
    pub fn cumulative(mut self) -> Self {
        self.options.momentum = None;
        self
    }

    /// The running variance follows the biased variance of the batch (division by n), not the unbiased one (by n − 1).
    #[must_use]
    pub fn biased_running_variance(mut self) -> Self {
        self.options.biased_running_variance = true;
        self
    }

    /// The layer.
    ///
    /// # Panics
    /// If ε is negative or not finite, or the momentum is not in [0, 1].
    #[track_caller]
    pub fn build<T: Real>(self) -> BatchNorm<T> {
        assert!(
            self.eps >= 0.0 && self.eps.is_finite(),
            "batch_norm: eps must be finite and not negative, got {}",
            self.eps
        );
        if let Some(a) = self.options.momentum {
            assert!((0.0..=1.0).contains(&a), "batch_norm: momentum must lie in [0, 1], got {a}");
        }
        let c = [self.channels];
        BatchNorm {
            weight: self.affine.then(|| Param::new(&Tensor::ones(&c), Role::Scale)),
            bias: self.affine.then(|| Param::new(&Tensor::zeros(&c), Role::Bias)),
            running_mean: Buffer::new(&Tensor::zeros(&c)),
            running_var: Buffer::new(&Tensor::ones(&c)),
            eps: self.eps,
            options: self.options,
        }
    }
}

impl<T: Real> BatchNorm<T> {
    /// Over `channels` features or channels, with γ = 1, δ = 0, ε = 1e-5, α = 0.1.
    pub fn new(channels: usize) -> Self {
        BatchNorm::<T>::builder(channels).build()
    }

    /// With options.
    pub fn builder(channels: usize) -> BatchNormBuilder {
        BatchNormBuilder {
            channels,
            eps: 1e-5,
            affine: true,
            options: Options { momentum: Some(0.1), biased_running_variance: false, frozen: false },
        }
    }

    /// The output for the input `x`.
    #[track_caller]
    pub fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        if x.rank() < 2 || x.shape()[1] != self.channels() {
            refuse(&format!("batch_norm: x must be [n, {}, ..], got {:?}", self.channels(), x.shape()));
        }
        let y = match mode.statistics {
            Statistics::Batch { update } if !self.options.frozen => {
                let (gamma, delta) = self.scale_and_shift();
                let (y, statistics) = x.batch_norm(&gamma, &delta, self.eps);
                if update {
                    self.follow(&statistics);
                }
                y
            }
            _ => {
                let per_channel: Vec<usize> = (0..x.rank()).map(|k| if k == 1 { self.channels() } else { 1 }).collect();
                let (scale, shift) = self.affine_map();
                x * scale.reshape(&per_channel) + shift.reshape(&per_channel)
            }
        };
        mode.report(self, &[x], y)
    }

    /// γ and δ, which are 1 and 0 where they are not learnt.
    fn scale_and_shift(&self) -> (Tensor<T>, Tensor<T>) {
        let c = [self.channels()];
        (
            self.weight.as_ref().map_or_else(|| Tensor::ones(&c), Param::value),
            self.bias.as_ref().map_or_else(|| Tensor::zeros(&c), Param::value),
        )
    }

    /// What the layer does in evaluation, `y = s x + t` a channel: s = γ/√(σ² + ε), t = δ − m s with the running statistics.
    pub fn affine_map(&self) -> (Tensor<T>, Tensor<T>) {
        let (gamma, delta) = self.scale_and_shift();
        let scale = gamma / (self.running_var.get() + self.eps).sqrt();
        let shift = delta - self.running_mean.get() * &scale;
        (scale, shift)
    }

    /// Data-dependent start: γ = √(σ² + ε), δ = m, and the running statistics the very m and σ² (biased) of the batch `x`, so that putting
    /// the layer into a trained net does not change the net: neither on this batch in training, nor on any input in evaluation.
    ///
    /// # Errors
    /// If γ and δ are not learnt, or constrained to a set that refuses the start.
    ///
    /// # Panics
    /// If `x` does not fit the layer or has one value a channel only.
    #[track_caller]
    pub fn start_from(&mut self, x: &Tensor<T>) -> crate::Result<()> {
        let (Some(weight), Some(bias)) = (&mut self.weight, &mut self.bias) else {
            return Err(crate::Error::new(
                crate::ErrorKind::Name,
                "batch_norm: a start from data sets γ and δ, and this layer has none; build it with affine(true)",
            ));
        };
        let c = [self.running_mean.get().len()];
        let (_, found) = x.detach().batch_norm(&Tensor::ones(&c), &Tensor::zeros(&c), self.eps);
        let (mean, variance) = (Tensor::from_slice(&c, &found.mean), Tensor::from_slice(&c, &found.variance));
        weight.set(&(&variance + self.eps).sqrt())?;
        bias.set(&mean)?;
        self.running_mean.set(&mean, 1)?;
        self.running_var.set(&variance, 1)?;
        Ok(())
    }

    /// Uses the running statistics in training too, and leaves them alone; or lets them follow again.
    pub fn freeze_statistics(&mut self, frozen: bool) {
        self.options.frozen = frozen;
    }

    /// The number of features or channels.
    pub fn channels(&self) -> usize {
        self.running_mean.get().len()
    }

    /// The running statistics follow those of a batch.
    fn follow(&self, batch: &BatchStatistics<T>) {
        let n = batch.count as f64;
        let unbiased = if self.options.biased_running_variance { 1.0 } else { n / (n - 1.0) };
        let follow = |buffer: &Buffer<T>, new: &[T], factor: f64| {
            let alpha = self.options.momentum.unwrap_or(1.0 / (buffer.updates() + 1) as f64);
            buffer.update(|old| old * (1.0 - alpha) + Tensor::from_slice(&[new.len()], new) * (alpha * factor));
        };
        follow(&self.running_mean, &batch.mean, 1.0);
        follow(&self.running_var, &batch.variance, unbiased);
    }

    /// γ, where it is learnt.
    pub fn weight(&self) -> Option<&Param<T>> {
        self.weight.as_ref()
    }

    /// δ, where it is learnt.
    pub fn bias(&self) -> Option<&Param<T>> {
        self.bias.as_ref()
    }

    /// The running mean and variance.
    pub fn running(&self) -> (&Buffer<T>, &Buffer<T>) {
        (&self.running_mean, &self.running_var)
    }
}

impl<T: Real> Layer<T> for BatchNorm<T> {
    fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        self.forward(x, mode)
    }
}
