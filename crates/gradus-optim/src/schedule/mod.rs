//! Schedules: factors on a learning rate, by step or by epoch.
//!
//! A schedule is a value; `optimiser.schedule(cosine(6000))` multiplies the rate by it. It counts optimiser steps;
//! `.by_epoch()` makes it count epochs. `.warm_up(500)` puts a rise in front, `.then(1000, next)` another schedule behind.

mod combine;
mod cosine;
mod decay;
mod one_cycle;
mod piecewise;
mod plateau;

pub use combine::{ByEpoch, Rise, Then, WarmUp};
pub use cosine::{Cosine, CosineRestarts, cosine, cosine_restarts};
pub use decay::{
    Constant, Exponential, InverseRoot, InverseTime, MultiStep, Polynomial, StepDecay, constant, exponential,
    inverse_root, inverse_sqrt, inverse_time, multi_step, polynomial, step_decay,
};
pub use one_cycle::{OneCycle, one_cycle};
pub use piecewise::{Piecewise, piecewise};
pub use plateau::{Plateau, plateau};

/// How far an optimiser has come: steps and epochs done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Clock {
    /// Steps done.
    pub step: u64,
    /// Epochs done.
    pub epoch: u64,
}

impl Clock {
    /// The clock after `step` steps.
    pub fn at_step(step: u64) -> Self {
        Clock { step, epoch: 0 }
    }
}

/// A factor that depends on the step k (0 at the first).
pub trait Schedule: Send + Sync {
    /// The factor; ready-made schedules read `clock.step` as k, and [`by_epoch`](Self::by_epoch) puts the epoch there.
    fn at(&self, clock: Clock) -> f64;

    /// Tells the schedule a metric that should fall; [`Plateau`] listens.
    fn observe(&mut self, _metric: f64) {}

    /// What the schedule remembers, for a saved state; most remember nothing.
    fn memory(&self) -> Vec<f64> {
        Vec::new()
    }

    /// Takes back what [`memory`](Self::memory) gave; an error says what does not fit.
    fn recall(&mut self, memory: &[f64]) -> Result<(), String> {
        if memory.is_empty() { Ok(()) } else { Err(format!("expected nothing, got {} numbers", memory.len())) }
    }

    /// The same schedule, counted in epochs.
    fn by_epoch(self) -> ByEpoch<Self>
    where
        Self: Sized,
    {
        ByEpoch(self)
    }

    /// A linear rise over `steps` in front: factor (k + 1)/(steps + 1), then this schedule from its start.
    fn warm_up(self, steps: u64) -> WarmUp<Self>
    where
        Self: Sized,
    {
        WarmUp { steps, from: 0.0, rise: Rise::Linear, then: self }
    }

    /// Another schedule from step `at` on, which then starts at its own k = 0.
    fn then<S: Schedule>(self, at: u64, next: S) -> Then<Self, S>
    where
        Self: Sized,
    {
        Then { first: self, at, next }
    }
}

impl<S: Schedule + ?Sized> Schedule for Box<S> {
    fn at(&self, clock: Clock) -> f64 {
        (**self).at(clock)
    }
    fn observe(&mut self, metric: f64) {
        (**self).observe(metric);
    }
    fn memory(&self) -> Vec<f64> {
        (**self).memory()
    }
    fn recall(&mut self, memory: &[f64]) -> Result<(), String> {
        (**self).recall(memory)
    }
}
