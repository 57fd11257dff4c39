//! The state of a run between two steps: what a checkpoint holds besides weights and optimiser.

use crate::feed::Place;
use crate::history::History;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

/// Where a run is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Run {
    /// The place in the data.
    pub(crate) place: Place,
    /// The generator that every step's mode draws its key from.
    pub(crate) rng: Xoshiro256PlusPlus,
    /// Optimiser steps done.
    pub(crate) step: u64,
    /// The rate of the last step.
    pub(crate) rate: f64,
    /// What the present epoch has summed up.
    pub(crate) sums: Sums,
    /// The epochs that are complete.
    pub(crate) history: History,
}

impl Run {
    /// The beginning of a run.
    pub(crate) fn new(place: Place, seed: u64) -> Self {
        let rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        Run { place, rng, step: 0, rate: 0.0, sums: Sums::default(), history: History::default() }
    }
}

/// Sums of the present epoch, a sample each.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Sums {
    samples: f64,
    loss: f64,
    penalties: Vec<(String, f64)>,
}

impl Sums {
    /// Adds a batch of `n` samples with these means.
    pub(crate) fn add(&mut self, n: usize, loss: f64, penalties: &[(&str, f64)]) {
        let n = n as f64;
        self.samples += n;
        self.loss += n * loss;
        if self.penalties.is_empty() {
            self.penalties = penalties.iter().map(|p| (p.0.to_owned(), 0.0)).collect();
        }
        for (sum, (_, x)) in self.penalties.iter_mut().zip(penalties) {
            sum.1 += n * x;
        }
    }

    /// The means, and an empty sum.
    pub(crate) fn take(&mut self) -> (f64, Vec<(String, f64)>) {
        let Sums { samples, loss, penalties } = std::mem::take(self);
        (loss / samples, penalties.into_iter().map(|(name, x)| (name, x / samples)).collect())
    }
}
