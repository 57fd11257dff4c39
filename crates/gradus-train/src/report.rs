//! What a run came to.

use crate::error::Result;
use crate::history::History;
use crate::plot::Chart;
use std::path::{Path, PathBuf};

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stop {
    /// All epochs are done.
    Epochs,
    /// The goal of [`stop_early`](crate::Trainer::stop_early) was not improved on for too long.
    Early,
    /// A callback asked for it.
    Callback,
    /// Ctrl-C.
    Interrupted,
}

/// What a run came to: its history, why it ended, and what the training loop noticed.
#[derive(Clone, Debug)]
pub struct Report {
    pub(crate) history: History,
    pub(crate) steps: u64,
    pub(crate) seconds: f64,
    pub(crate) stop: Stop,
    pub(crate) unused: Vec<String>,
    pub(crate) saved: Option<PathBuf>,
}

impl Report {
    /// The records of all epochs, those before a resume included.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Optimiser steps in all.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Seconds of this process in training and validation.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Why the run ended.
    pub fn stop(&self) -> Stop {
        self.stop
    }

    /// The parameters that received no gradient in the first step.
    pub fn unused(&self) -> &[String] {
        &self.unused
    }

    /// The state file that was written last, where the run has checkpoints.
    pub fn saved(&self) -> Option<&Path> {
        self.saved.as_deref()
    }

    /// The data term of the last epoch; not a number where there was no epoch.
    pub fn last_loss(&self) -> f64 {
        self.history.last().map_or(f64::NAN, |r| r.loss)
    }

    /// A value on the validation data after the last epoch, by name.
    pub fn last_validation(&self, name: &str) -> Option<f64> {
        self.history.last()?.validation(name)
    }

    /// The learning curve: losses on a logarithmic axis where they span more than a decade.
    pub fn curve(&self) -> Chart {
        let records = self.history.records();
        let line = |f: &dyn Fn(&crate::Record) -> Option<f64>| -> Vec<(f64, f64)> {
            records.iter().filter_map(|r| Some((r.epoch as f64, f(r)?))).collect()
        };
        let mut chart = Chart::new("Learning curve").x_label("epoch").y_label("loss");
        chart = chart.line("training", line(&|r| Some(r.loss)));
        let penalties = records.first().map_or(&[][..], |r| &r.penalties[..]);
        if !penalties.is_empty() {
            chart = chart.line("training with penalties", line(&|r| Some(r.total())));
        }
        let validation = line(&|r| r.validation("loss"));
        if !validation.is_empty() {
            chart = chart.line("validation", validation);
        }
        chart.log_y_if_wide()
    }

    /// The curve of one of the validation values, by name.
    pub fn curve_of(&self, name: &str) -> Chart {
        let records = self.history.records();
        let points = records.iter().filter_map(|r| Some((r.epoch as f64, r.validation(name)?))).collect();
        Chart::new(&format!("Validation {name}")).x_label("epoch").y_label(name).line(name, points)
    }

    /// Draws the learning curve into a file, `.svg` or (feature `png`) `.png`; folders on the way are made.
    ///
    /// # Errors
    /// If the file cannot be written, or its name ends otherwise.
    pub fn plot(&self, path: impl AsRef<Path>) -> Result<()> {
        self.curve().write(path)
    }
}
