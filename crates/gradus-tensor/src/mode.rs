//! What a forward pass does: dropout or not, which statistics, and the random numbers of this step.

use crate::watch::Watch;
use rand::{Rng, RngExt};

/// Which statistics normalisation layers use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistics {
    /// Those of the batch; running statistics follow where `update`.
    Batch {
        /// Whether running statistics follow.
        update: bool,
    },
    /// The running ones.
    Running,
}

/// The mode of one step: an argument of every layer's `forward`, never a flag inside a layer.
///
/// A step has one set of masks and one update of running statistics: make a new mode for every mini-batch, and evaluate again within the
/// step (line search, recomputation, finite differences) under [`again`](Mode::again).
#[derive(Clone, Debug)]
pub struct Mode {
    /// Whether dropout layers drop.
    pub dropout: bool,
    /// Which statistics normalisation layers use.
    pub statistics: Statistics,
    key: u64,
    calls: u64,
    pub(crate) watch: Watch,
}

impl Mode {
    fn with(dropout: bool, statistics: Statistics, key: u64) -> Self {
        Mode { dropout, statistics, key, calls: 0, watch: Watch::default() }
    }

    /// Training: dropout on, statistics of the batch, running statistics follow. Draws the step's key from `rng`.
    pub fn train(rng: &mut (impl Rng + ?Sized)) -> Self {
        Mode::with(true, Statistics::Batch { update: true }, rng.random())
    }

    /// Evaluation: no dropout, running statistics; deterministic.
    pub fn eval() -> Self {
        Mode::with(false, Statistics::Running, 0)
    }

    /// Monte-Carlo dropout: dropout on, running statistics.
    pub fn monte_carlo(rng: &mut (impl Rng + ?Sized)) -> Self {
        Mode::with(true, Statistics::Running, rng.random())
    }

    /// The same step once more: the same masks from the start, and no update of running statistics.
    #[must_use]
    pub fn again(&self) -> Self {
        let statistics = match self.statistics {
            Statistics::Batch { .. } => Statistics::Batch { update: false },
            Statistics::Running => Statistics::Running,
        };
        Mode { statistics, calls: 0, ..self.clone() }
    }

    /// The same step from here on once more: the masks that come next, and no update of running statistics.
    pub(crate) fn resumed(&self) -> Self {
        Mode { calls: self.calls, ..self.again() }
    }

    /// The key of the next random layer of this step: the same sequence after [`again`](Mode::again).
    pub fn next_key(&mut self) -> [u64; 2] {
        self.calls += 1;
        [self.key, self.calls]
    }
}
