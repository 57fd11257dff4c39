//! The history of a run: a record an epoch, as CSV and as JSON lines.

use crate::error::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What one epoch gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The number of the epoch, from 1.
    pub epoch: u64,
    /// Optimiser steps so far.
    pub step: u64,
    /// The rate of the epoch's last step.
    pub rate: f64,
    /// The data term: its mean over the epoch's samples, each at the weights of its step.
    pub loss: f64,
    /// The penalties by name, likewise, each with its λ.
    pub penalties: Vec<(String, f64)>,
    /// The loss and the metrics on the data of [`judge_training`](crate::Trainer::judge_training) after the epoch.
    pub training: Vec<(String, f64)>,
    /// The loss and the metrics on the validation data after the epoch; empty where there are none.
    pub validation: Vec<(String, f64)>,
    /// What the callbacks say of the epoch: multipliers and constraints, say.
    pub callbacks: Vec<(String, f64)>,
    /// Seconds of this process since training began.
    pub seconds: f64,
}

impl Record {
    /// Data term and penalties together.
    pub fn total(&self) -> f64 {
        self.loss + self.penalties.iter().map(|p| p.1).sum::<f64>()
    }

    /// A value of the validation data by name: `"loss"`, or a metric's.
    pub fn validation(&self, name: &str) -> Option<f64> {
        self.validation.iter().find(|v| v.0 == name).map(|v| v.1)
    }

    /// A value of the training data by name, judged after the epoch.
    pub fn training(&self, name: &str) -> Option<f64> {
        self.training.iter().find(|v| v.0 == name).map(|v| v.1)
    }

    /// A number of a callback by name.
    pub fn callback(&self, name: &str) -> Option<f64> {
        self.callbacks.iter().find(|v| v.0 == name).map(|v| v.1)
    }

    /// Every value by its column.
    fn columns(&self) -> Vec<(String, f64)> {
        let mut all = vec![("rate".to_owned(), self.rate), ("loss".to_owned(), self.loss)];
        all.extend(self.penalties.iter().map(|(name, x)| (format!("penalty.{name}"), *x)));
        all.extend(self.training.iter().map(|(name, x)| (format!("training.{name}"), *x)));
        all.extend(self.validation.iter().map(|(name, x)| (format!("validation.{name}"), *x)));
        all.extend(self.callbacks.iter().cloned());
        all.push(("seconds".to_owned(), self.seconds));
        all
    }
}

/// The records of a run, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    records: Vec<Record>,
}

impl History {
    /// The records.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The last record.
    pub fn last(&self) -> Option<&Record> {
        self.records.last()
    }

    pub(crate) fn push(&mut self, record: Record) {
        self.records.push(record);
    }

    /// The whole history as CSV: a header, then a line an epoch. A value that an epoch has not is an empty field.
    pub fn csv(&self) -> String {
        let mut names: Vec<String> = Vec::new();
        for (name, _) in self.records.iter().flat_map(Record::columns) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let mut out = format!("epoch,step,{}\n", names.iter().map(|n| quoted(n)).collect::<Vec<_>>().join(","));
        for record in &self.records {
            let columns = record.columns();
            let fields = names
                .iter()
                .map(|n| columns.iter().find(|(name, _)| name == n).map_or_else(String::new, |(_, x)| x.to_string()));
            let line = fields.collect::<Vec<_>>().join(",");
            out += &format!("{},{},{line}\n", record.epoch, record.step);
        }
        out
    }

    /// The whole history as JSON lines: an object an epoch. Numbers that are not finite are `null`.
    pub fn json_lines(&self) -> String {
        let mut out = String::new();
        for record in &self.records {
            let mut line = serde_json::Map::new();
            line.insert("epoch".into(), record.epoch.into());
            line.insert("step".into(), record.step.into());
            line.extend(record.columns().into_iter().map(|(name, x)| (name, x.into())));
            out += &serde_json::Value::Object(line).to_string();
            out.push('\n');
        }
        out
    }

    /// Writes [`csv`](History::csv) to a file; folders on the way are made.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_csv(&self, path: impl AsRef<Path>) -> Result<()> {
        write(path.as_ref(), self.csv().as_bytes())
    }

    /// Writes [`json_lines`](History::json_lines) to a file; folders on the way are made.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_json_lines(&self, path: impl AsRef<Path>) -> Result<()> {
        write(path.as_ref(), self.json_lines().as_bytes())
    }
}

/// A CSV field, quoted where it has to be.
pub(crate) fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.into() }
}

/// Writes a file that is not precious (it can be made again); folders on the way are made.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let made = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(path, bytes));
    made.map_err(|e| Error::caused(ErrorKind::File, format!("cannot write {}: {e}", path.display()), e))
}
