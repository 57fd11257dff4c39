//! Cosine decay, once or with restarts.

use super::{Clock, Schedule};
use std::f64::consts::PI;

/// floor + (1 − floor)·(1 + cos(πk/total))/2 up to `total`, the floor behind it (PyTorch's rises again there).
///
/// Source: Loshchilov & Hutter 2017, eq. 5.
#[derive(Clone, Copy, Debug)]
pub struct Cosine {
    /// How many steps (or epochs) the fall takes.
    pub total: u64,
    /// Where it ends, as a part of the rate.
    pub floor: f64,
}

/// Half a cosine from 1 to 0 over `total` steps: (1 + cos(πk/total))/2, and 0 behind it.
pub fn cosine(total: u64) -> Cosine {
    Cosine { total, floor: 0.0 }
}

impl Cosine {
    /// Ends at this part of the rate.
    pub fn floor(self, floor: f64) -> Self {
        Cosine { floor, ..self }
    }
}

impl Schedule for Cosine {
    fn at(&self, clock: Clock) -> f64 {
        half_cosine(clock.step.min(self.total), self.total, self.floor)
    }
}

/// The same fall again and again, each period `factor` times as long as the one before.
#[derive(Clone, Copy, Debug)]
pub struct CosineRestarts {
    /// Steps of the first period.
    pub first: u64,
    /// How much longer each period is than the one before; at least 1.
    pub factor: u64,
    /// Where each period ends, as a part of the rate.
    pub floor: f64,
}

/// Cosine falls with warm restarts: periods of `first`, `first·factor`, `first·factor²`, … steps.
pub fn cosine_restarts(first: u64, factor: u64) -> CosineRestarts {
    CosineRestarts { first, factor, floor: 0.0 }
}

impl CosineRestarts {
    /// Each period ends at this part of the rate.
    pub fn floor(self, floor: f64) -> Self {
        CosineRestarts { floor, ..self }
    }
}

impl Schedule for CosineRestarts {
    fn at(&self, clock: Clock) -> f64 {
        let (mut k, mut period) = (clock.step, self.first.max(1));
        if self.factor <= 1 {
            k %= period;
        }
        while k >= period {
            k -= period;
            period = period.saturating_mul(self.factor);
        }
        half_cosine(k, period, self.floor)
    }
}

fn half_cosine(k: u64, total: u64, floor: f64) -> f64 {
    let x = if total == 0 { 1.0 } else { k as f64 / total as f64 };
    floor + (1.0 - floor) * (1.0 + (PI * x).cos()) / 2.0
}
