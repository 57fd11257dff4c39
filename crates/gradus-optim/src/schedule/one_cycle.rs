//! One cycle: up to the full rate, then far down.

use super::{Clock, Schedule};
use std::f64::consts::PI;

/// From 1/start up to 1 over the first part of `total` steps, then down to 1/(start·end), both along half a cosine.
///
/// The peak is at k = peak·total − 1, the end at k = total − 1, as in PyTorch. Source: Smith & Topin 2018.
#[derive(Clone, Copy, Debug)]
pub struct OneCycle {
    /// Steps in all.
    pub total: u64,
    /// The part of the steps that the rise takes, in (0, 1); 0.3.
    pub peak: f64,
    /// The first factor is 1/start; 25.
    pub start: f64,
    /// The last factor is 1/(start·end); 10⁴.
    pub end: f64,
}

/// One cycle of `total` steps, with PyTorch's defaults.
pub fn one_cycle(total: u64) -> OneCycle {
    OneCycle { total, peak: 0.3, start: 25.0, end: 1e4 }
}

impl OneCycle {
    /// The rise takes this part of the steps.
    pub fn peak(self, peak: f64) -> Self {
        OneCycle { peak, ..self }
    }
}

impl Schedule for OneCycle {
    fn at(&self, clock: Clock) -> f64 {
        let (top, last) = (self.peak * self.total as f64 - 1.0, self.total as f64 - 1.0);
        let k = (clock.step as f64).min(last);
        let low = 1.0 / self.start;
        let between = |from: f64, to: f64, x: f64| to + (from - to) * (1.0 + (PI * x.clamp(0.0, 1.0)).cos()) / 2.0;
        if k <= top {
            between(low, 1.0, k / top.max(1e-300))
        } else {
            between(1.0, low / self.end, (k - top) / (last - top))
        }
    }
}
