//! What a run is judged by when one epoch is to be called better than another.

use crate::error::{Error, ErrorKind, Result};
use crate::history::{History, Record};

/// A validation value that should fall, or rise.
///
/// Early stopping and the choice of the best epoch follow from the history alone, so a resumed run decides as one that
/// never stopped.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    name: String,
    rising: bool,
    least: f64,
}

impl Goal {
    /// This value should fall: `"loss"` (of the training data, where there are no validation data), or a metric by name.
    pub fn falling(name: &str) -> Self {
        Goal { name: name.into(), rising: false, least: 0.0 }
    }

    /// This value should rise.
    pub fn rising(name: &str) -> Self {
        Goal { name: name.into(), rising: true, least: 0.0 }
    }

    /// Counts progress of more than this only; 0 at first.
    #[must_use]
    #[doc(alias = "min_delta")]
    pub fn least(mut self, progress: f64) -> Self {
        self.least = progress;
        self
    }

    /// The value in a record, such that larger is better.
    fn score(&self, who: &str, record: &Record) -> Result<f64> {
        let value = record.validation(&self.name);
        let value = value.or((self.name == "loss" && record.validation.is_empty()).then_some(record.loss));
        let Some(value) = value else {
            let names: Vec<&str> = record.validation.iter().map(|v| v.0.as_str()).collect();
            let message = format!("{who}: there is no validation value `{}`; there are {names:?}", self.name);
            return Err(Error::new(ErrorKind::Argument, message));
        };
        Ok(if self.rising { value } else { -value })
    }

    /// The last epoch that was better than all before it; a value that is not a number never is.
    pub(crate) fn best<'h>(&self, who: &str, history: &'h History) -> Result<Option<&'h Record>> {
        let mut best: Option<(&Record, f64)> = None;
        for record in history.records() {
            let score = self.score(who, record)?;
            let better = best.map_or(!score.is_nan(), |(_, other)| score > other + self.least);
            if better {
                best = Some((record, score));
            }
        }
        Ok(best.map(|b| b.0))
    }

    /// Whether `patience` epochs have brought nothing.
    pub(crate) fn exhausted(&self, patience: u64, history: &History) -> Result<bool> {
        let Some(last) = history.last() else { return Ok(false) };
        let best = self.best("stop_early", history)?.map_or(0, |r| r.epoch);
        Ok(last.epoch - best >= patience.max(1))
    }
}
