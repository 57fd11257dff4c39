//! Variance scaling: Var W = gain² / fan, in three distributions.

use crate::fans::Fan;
use crate::independent::{Independent, truncated_normal};
use crate::scheme::{Scheme, Target};
use gradus_kernels::SliceMut;
use gradus_kernels::random::Key;

/// Which distribution has the variance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Distribution {
    /// N(0, σ²).
    Normal,
    /// Normal cut at two standard deviations, rescaled so that the variance is σ² (not 0.774 σ²).
    Truncated,
    /// U(−√3 σ, √3 σ).
    Uniform,
}

/// Independent weights with mean 0 and Var W = gain² / fan: see [`glorot_uniform`] and its siblings.
///
/// Orientation: the first axis is the output, `(n_out, n_in)` or `(n_out, n_in / groups, k₁, …)`; fans as in
/// [`Fans`](crate::Fans), read off the shape unless given by [`Scheme::with_fans`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VarianceScaling {
    gain_sq: f64,
    fan: Fan,
    distribution: Distribution,
}

impl VarianceScaling {
    /// Var W = gain² / fan.
    ///
    /// # Panics
    /// If `gain` is negative or not finite.
    #[track_caller]
    pub fn new(gain: f64, fan: Fan, distribution: Distribution) -> Self {
        VarianceScaling { gain_sq: 1.0, fan, distribution }.gain(gain)
    }

    /// Another gain, such as [`Activation::gain`](crate::Activation::gain).
    ///
    /// # Panics
    /// If `gain` is negative or not finite.
    #[track_caller]
    #[must_use]
    pub fn gain(self, gain: f64) -> Self {
        assert!(gain >= 0.0 && gain.is_finite(), "gain: must be finite and not negative, got {gain}");
        VarianceScaling { gain_sq: gain * gain, ..self }
    }

    /// Another fan.
    #[must_use]
    #[doc(alias = "mode")]
    pub fn fan(self, fan: Fan) -> Self {
        VarianceScaling { fan, ..self }
    }

    /// Var W for this target.
    ///
    /// # Panics
    /// If the target has no fans.
    #[track_caller]
    pub fn variance(&self, target: &Target<'_>) -> f64 {
        self.gain_sq / self.divide_by(target)
    }

    #[track_caller]
    fn divide_by(&self, target: &Target<'_>) -> f64 {
        // A weight without inputs has no numbers either; 1 keeps the division defined.
        target.fans("variance scaling").by(self.fan).max(1.0)
    }
}

impl Scheme for VarianceScaling {
    fn write(&self, target: &Target<'_>, key: Key, out: SliceMut<'_>) {
        let sd = self.variance(target).sqrt();
        let numbers = match self.distribution {
            Distribution::Normal => Independent::Normal { mean: 0.0, sd },
            Distribution::Truncated => truncated_normal(0.0, sd, 2.0),
            Distribution::Uniform => {
                // 1/√n with n = fan / (3 gain²), so that every uniform scheme with one n has the same bits.
                let a = 1.0 / (self.divide_by(target) / (3.0 * self.gain_sq)).sqrt();
                Independent::Uniform { lo: -a, hi: a }
            }
        };
        numbers.write(target, key, out);
    }
}

macro_rules! schemes {
    ($($(#[$doc:meta])* $name:ident = $gain:expr, $fan:ident, $distribution:ident;)+) => {$(
        $(#[$doc])*
        pub fn $name() -> VarianceScaling {
            VarianceScaling { gain_sq: $gain, fan: Fan::$fan, distribution: Distribution::$distribution }
        }
    )+};
}

schemes! {
    /// W ~ N(0, 1/fan_in): Var z = E\[x²\] (LeCun, Bottou, Orr & Müller 1998, section 4.6, eq. 16).
    lecun_normal = 1.0, In, Normal;
    /// [`lecun_normal`] cut at two standard deviations, variance corrected.
    lecun_truncated = 1.0, In, Truncated;
    /// W ~ U(±√(3/fan_in)): Var W = 1/fan_in (LeCun et al. 1998, eq. 16).
    lecun_uniform = 1.0, In, Uniform;
    /// W ~ N(0, 2/(fan_in + fan_out)) (Glorot & Bengio 2010, eq. 12).
    #[doc(alias = "xavier_normal_")]
    glorot_normal = 1.0, Average, Normal;
    /// [`glorot_normal`] cut at two standard deviations, variance corrected.
    glorot_truncated = 1.0, Average, Truncated;
    /// W ~ U(±√(6/(fan_in + fan_out))) (Glorot & Bengio 2010, eq. 16).
    #[doc(alias = "xavier_uniform_")]
    glorot_uniform = 1.0, Average, Uniform;
    /// W ~ N(0, 2/fan_in): keeps E\[x²\] through ReLU (He, Zhang, Ren & Sun 2015, eq. 10; with `.fan(Fan::Out)` eq. 14).
    #[doc(alias = "kaiming_normal_")]
    he_normal = 2.0, In, Normal;
    /// [`he_normal`] cut at two standard deviations, variance corrected.
    he_truncated = 2.0, In, Truncated;
    /// W ~ U(±√(6/fan_in)): Var W = 2/fan_in (He et al. 2015, eq. 10).
    #[doc(alias = "kaiming_uniform_")]
    he_uniform = 2.0, In, Uniform;
}

/// W ~ U(±1/√fan_in): Var W = 1/(3 fan_in), the common heuristic (Glorot & Bengio 2010, eq. 1) and PyTorch's default for weights.
///
/// A bias takes the fan of its weight: `.with_fans(fans)`.
pub fn inverse_sqrt_uniform() -> VarianceScaling {
    VarianceScaling { gain_sq: 1.0 / 3.0, fan: Fan::In, distribution: Distribution::Uniform }
}

/// W ~ U(±1/√n) for a given n. With n = (n_in + n_out)/6 it is [`glorot_uniform`], bit for bit.
///
/// # Panics
/// If `n` is not positive and finite.
#[track_caller]
pub fn inverse_sqrt_uniform_of(n: f64) -> Independent {
    assert!(n > 0.0 && n.is_finite(), "inverse_sqrt_uniform_of: n must be positive and finite, got {n}");
    let a = 1.0 / n.sqrt();
    Independent::Uniform { lo: -a, hi: a }
}
