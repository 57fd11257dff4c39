//! Independent numbers of a stated distribution, whatever the fans.

use crate::scheme::{Scheme, Target, on_numbers};
use gradus_kernels::random::{Key, fill_normal_with, fill_truncated_normal, fill_uniform_between};
use gradus_kernels::{Real, SliceMut};

/// Independent numbers: see [`normal`], [`truncated_normal`] and [`uniform`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Independent {
    /// N(mean, sd²).
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
    },
    /// mean + scale·z with z standard normal given |z| ≤ bound.
    Truncated {
        /// Mean.
        mean: f64,
        /// Standard deviation before the cut.
        scale: f64,
        /// Where z is cut.
        bound: f64,
    },
    /// Uniform between two ends.
    Uniform {
        /// Lower end.
        lo: f64,
        /// Upper end.
        hi: f64,
    },
}

/// W ~ N(mean, sd²).
///
/// # Panics
/// If `sd` is negative or a number is not finite.
#[track_caller]
#[doc(alias = "normal_")]
pub fn normal(mean: f64, sd: f64) -> Independent {
    assert!(
        mean.is_finite() && sd.is_finite() && sd >= 0.0,
        "normal: needs a finite mean and a standard deviation ≥ 0, got {mean} and {sd}"
    );
    Independent::Normal { mean, sd }
}

/// W = mean + c·sd·z, z standard normal given |z| ≤ bound, with c such that the standard deviation **is** sd.
///
/// c = 1/√(1 − 2bφ(b)/(2Φ(b) − 1)): [`normal::truncated_variance`](mod@crate::normal). For b = 2, c = 1.1368. (PyTorch's
/// `trunc_normal_` leaves c out: its numbers have a standard deviation of 0.8796·sd.)
///
/// # Panics
/// If `sd` is negative, `bound` below 0.1, or a number is not finite.
#[track_caller]
#[doc(alias = "trunc_normal_")]
pub fn truncated_normal(mean: f64, sd: f64, bound: f64) -> Independent {
    assert!(
        mean.is_finite() && sd.is_finite() && sd >= 0.0 && bound >= 0.1 && bound.is_finite(),
        "truncated_normal: needs a finite mean, sd ≥ 0 and a bound ≥ 0.1, got {mean}, {sd} and {bound}"
    );
    Independent::Truncated { mean, scale: sd / crate::normal::truncated_variance(bound).sqrt(), bound }
}

/// W ~ U(lo, hi): mean (lo + hi)/2, variance (hi − lo)²/12.
///
/// # Panics
/// If lo > hi, or one is not finite.
#[track_caller]
#[doc(alias = "uniform_")]
pub fn uniform(lo: f64, hi: f64) -> Independent {
    assert!(lo.is_finite() && hi.is_finite() && lo <= hi, "uniform: needs finite lo ≤ hi, got {lo} and {hi}");
    Independent::Uniform { lo, hi }
}

impl Scheme for Independent {
    fn write(&self, _: &Target<'_>, key: Key, out: SliceMut<'_>) {
        on_numbers!(out, out => self.draw(key, out));
    }
}

impl Independent {
    fn draw<T: Real>(&self, key: Key, out: &mut [T]) {
        let t = T::from_f64;
        match *self {
            Independent::Normal { mean, sd } => fill_normal_with(key, 0, t(mean), t(sd), out),
            Independent::Uniform { lo, hi } => fill_uniform_between(key, 0, t(lo), t(hi), out),
            Independent::Truncated { mean, scale, bound } => {
                fill_truncated_normal(key, 0, t(bound), out);
                let (mean, scale) = (t(mean), t(scale));
                out.iter_mut().for_each(|z| *z = mean + scale * *z);
            }
        }
    }
}
