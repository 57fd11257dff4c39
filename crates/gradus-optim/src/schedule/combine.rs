//! Schedules made of schedules: counted in epochs, behind a warm-up, one after another.

use super::{Clock, Schedule};
use std::f64::consts::PI;

/// A schedule counted in epochs.
#[derive(Clone, Debug)]
pub struct ByEpoch<S>(
    /// The schedule.
    pub S,
);

impl<S: Schedule> Schedule for ByEpoch<S> {
    fn at(&self, clock: Clock) -> f64 {
        self.0.at(Clock { step: clock.epoch, epoch: clock.epoch })
    }
    fn observe(&mut self, metric: f64) {
        self.0.observe(metric);
    }
    fn memory(&self) -> Vec<f64> {
        self.0.memory()
    }
    fn recall(&mut self, memory: &[f64]) -> Result<(), String> {
        self.0.recall(memory)
    }
}

/// The form of a warm-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rise {
    /// x.
    Linear,
    /// (1 − cos πx)/2.
    Cosine,
}

/// A rise from `from` towards the first value of `then`, over `steps` steps; then that schedule, from its own start.
///
/// Factor at k < steps: (from + (1 − from)·rise((k + 1)/(steps + 1)))·then(0).
#[derive(Clone, Debug)]
pub struct WarmUp<S> {
    /// How many steps the rise takes.
    pub steps: u64,
    /// Where it starts, as a part of the first value.
    pub from: f64,
    /// Its form.
    pub rise: Rise,
    /// What comes behind.
    pub then: S,
}

impl<S> WarmUp<S> {
    /// Rises along a cosine.
    pub fn cosine(self) -> Self {
        WarmUp { rise: Rise::Cosine, ..self }
    }

    /// Starts at this part of the first value.
    pub fn from(self, from: f64) -> Self {
        WarmUp { from, ..self }
    }
}

impl<S: Schedule> Schedule for WarmUp<S> {
    fn at(&self, clock: Clock) -> f64 {
        if clock.step >= self.steps {
            return self.then.at(Clock { step: clock.step - self.steps, ..clock });
        }
        let x = (clock.step + 1) as f64 / (self.steps + 1) as f64;
        let x = match self.rise {
            Rise::Linear => x,
            Rise::Cosine => (1.0 - (PI * x).cos()) / 2.0,
        };
        (self.from + (1.0 - self.from) * x) * self.then.at(Clock { step: 0, ..clock })
    }
    fn observe(&mut self, metric: f64) {
        self.then.observe(metric);
    }
    fn memory(&self) -> Vec<f64> {
        self.then.memory()
    }
    fn recall(&mut self, memory: &[f64]) -> Result<(), String> {
        self.then.recall(memory)
    }
}

/// One schedule up to step `at`, another from there on.
#[derive(Clone, Debug)]
pub struct Then<A, B> {
    /// The schedule up to `at`.
    pub first: A,
    /// The first step of `next`.
    pub at: u64,
    /// The schedule from there on, which starts at its own k = 0.
    pub next: B,
}

impl<A: Schedule, B: Schedule> Schedule for Then<A, B> {
    fn at(&self, clock: Clock) -> f64 {
        if clock.step < self.at {
            self.first.at(clock)
        } else {
            self.next.at(Clock { step: clock.step - self.at, ..clock })
        }
    }
    fn observe(&mut self, metric: f64) {
        self.first.observe(metric);
        self.next.observe(metric);
    }
    fn memory(&self) -> Vec<f64> {
        let (first, next) = (self.first.memory(), self.next.memory());
        if first.is_empty() && next.is_empty() {
            return Vec::new();
        }
        [vec![first.len() as f64], first, next].concat()
    }
    fn recall(&mut self, memory: &[f64]) -> Result<(), String> {
        let Some((&n, rest)) = memory.split_first() else {
            return self.first.recall(&[]).and_then(|()| self.next.recall(&[]));
        };
        let n = n as usize;
        if n > rest.len() {
            return Err(format!("expected at least {n} numbers, got {}", rest.len()));
        }
        self.first.recall(&rest[..n])?;
        self.next.recall(&rest[n..])
    }
}
