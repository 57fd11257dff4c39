//! Group normalisation, and instance normalisation as groups of one channel.

use super::check_eps;
use crate::layer::Layer;
use gradus_derive::Module;
use gradus_tensor::extend::refuse;
use gradus_tensor::{Mode, Param, Real, Role, Tensor};

/// Group normalisation `y = γ (x − m)/√(σ² + ε) + δ` with m and σ² (biased) of each sample over a group of channels and all places
/// (Wu & He 2018).
///
/// Shapes: x `[n, channels, ..]`, γ and δ `[channels]`. The same in training and evaluation; ε = 1e-5.
///
/// # Panics
/// If x has another number of channels, or a group has one value only (its variance would be 0 whatever x is).
#[derive(Debug, Module)]
pub struct GroupNorm<T: Real = f32> {
    weight: Option<Param<T>>,
    bias: Option<Param<T>>,
    groups: usize,
    channels: usize,
    eps: f64,
}

/// Instance normalisation: `y = (x − m)/√(σ² + ε)` with m and the biased σ² of each channel of each sample apart, without γ and δ
/// (Ulyanov, Vedaldi & Lempitsky 2016). Shapes: x and y `[batch, channels, ..]`.
#[doc(alias = "InstanceNorm")]
pub fn instance_norm<T: Real>(channels: usize) -> GroupNorm<T> {
    GroupNorm::new(channels, channels).plain()
}

impl<T: Real> GroupNorm<T> {
    /// `groups` groups of neighbouring channels, with γ = 1 and δ = 0 to be learnt.
    ///
    /// # Panics
    /// If the channels do not divide into the groups.
    #[track_caller]
    pub fn new(groups: usize, channels: usize) -> Self {
        assert!(
            groups > 0 && channels.is_multiple_of(groups),
            "group_norm: {channels} channels do not divide into {groups} groups"
        );
        GroupNorm {
            weight: Some(Param::new(&Tensor::ones(&[channels]), Role::Scale)),
            bias: Some(Param::new(&Tensor::zeros(&[channels]), Role::Bias)),
            groups,
            channels,
            eps: 1e-5,
        }
    }

    /// With another ε.
    ///
    /// # Panics
    /// If ε is not finite and positive.
    #[track_caller]
    #[must_use]
    pub fn eps(mut self, eps: f64) -> Self {
        check_eps("group_norm", eps);
        self.eps = eps;
        self
    }

    /// Without γ and δ.
    #[must_use]
    pub fn plain(mut self) -> Self {
        (self.weight, self.bias) = (None, None);
        self
    }

    /// The output for the input `x`.
    #[track_caller]
    pub fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        let s = x.shape();
        if s.len() < 2 || s[1] != self.channels {
            refuse(&format!("group_norm: x must be [n, {}, ..], got {s:?}", self.channels));
        }
        let group = self.channels / self.groups * s[2..].iter().product::<usize>();
        if group == 1 {
            refuse(&format!(
                "group_norm: x {s:?} has one value a group, and one value has no variance; use fewer groups"
            ));
        }
        let plain = (Tensor::ones(&[group]), Tensor::zeros(&[group]));
        let y = x.reshape(&[s[0], self.groups, group]).layer_norm(&plain.0, &plain.1, self.eps).reshape(s);
        let per_channel: Vec<usize> = (0..s.len()).map(|k| if k == 1 { self.channels } else { 1 }).collect();
        let y = match (&self.weight, &self.bias) {
            (Some(gamma), Some(delta)) => y * gamma.value().reshape(&per_channel) + delta.value().reshape(&per_channel),
            _ => y,
        };
        mode.report(self, &[x], y)
    }
}

impl<T: Real> Layer<T> for GroupNorm<T> {
    fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        self.forward(x, mode)
    }
}
