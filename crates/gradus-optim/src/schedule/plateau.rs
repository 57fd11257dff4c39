//! A rate that falls when a metric has stopped falling.

use super::{Clock, Schedule};

/// Times `factor` when the observed metric has not fallen below best·(1 − threshold) for more than `patience` observations.
///
/// The optimiser passes on what it is told by `observe` (a validation loss, once an epoch). PyTorch's
/// `ReduceLROnPlateau` in the modes `min`, `rel`; for a metric that should rise, observe its negative with `absolute`.
#[derive(Clone, Debug)]
pub struct Plateau {
    /// What the rate is multiplied by.
    pub factor: f64,
    /// Observations without progress that are let pass.
    pub patience: u64,
    /// The least relative progress that counts.
    pub threshold: f64,
    /// Whether the threshold is absolute: best − threshold.
    pub absolute: bool,
    /// Observations after a fall that do not count.
    pub cooldown: u64,
    /// The least factor in all.
    pub floor: f64,
    now: f64,
    best: f64,
    bad: u64,
    cooling: u64,
}

/// Falls by a factor 10 after more than `patience` observations without progress.
pub fn plateau(patience: u64) -> Plateau {
    Plateau {
        factor: 0.1,
        patience,
        threshold: 1e-4,
        absolute: false,
        cooldown: 0,
        floor: 0.0,
        now: 1.0,
        // As bad as a finite number can be: the memory goes into files, and JSON has no infinity.
        best: f64::MAX,
        bad: 0,
        cooling: 0,
    }
}

impl Plateau {
    /// Falls by this factor.
    pub fn factor(self, factor: f64) -> Self {
        Plateau { factor, ..self }
    }
    /// Counts progress of at least this size only: relative to the best so far, or absolute.
    pub fn threshold(self, threshold: f64, absolute: bool) -> Self {
        Plateau { threshold, absolute, ..self }
    }
    /// Lets this many observations pass after a fall.
    pub fn cooldown(self, cooldown: u64) -> Self {
        Plateau { cooldown, ..self }
    }
    /// Never falls below this factor in all.
    pub fn floor(self, floor: f64) -> Self {
        Plateau { floor, ..self }
    }
}

impl Schedule for Plateau {
    fn at(&self, _: Clock) -> f64 {
        self.now
    }

    fn observe(&mut self, metric: f64) {
        let goal = if self.absolute { self.best - self.threshold } else { self.best * (1.0 - self.threshold) };
        if metric < goal {
            self.best = metric;
            self.bad = 0;
        } else {
            self.bad += 1;
        }
        if self.cooling > 0 {
            self.cooling -= 1;
            self.bad = 0;
        }
        if self.bad > self.patience {
            self.now = (self.now * self.factor).max(self.floor);
            self.cooling = self.cooldown;
            self.bad = 0;
        }
    }

    fn memory(&self) -> Vec<f64> {
        vec![self.now, self.best, self.bad as f64, self.cooling as f64]
    }

    fn recall(&mut self, memory: &[f64]) -> Result<(), String> {
        let &[now, best, bad, cooling] = memory else {
            return Err(format!("plateau: expected 4 numbers, got {}", memory.len()));
        };
        (self.now, self.best, self.bad, self.cooling) = (now, best, bad as u64, cooling as u64);
        Ok(())
    }
}
