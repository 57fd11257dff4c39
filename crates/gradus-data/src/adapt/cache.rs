//! A set that reads every sample once.

use std::sync::OnceLock;

use crate::dataset::{Dataset, check_rows};
use crate::error::Error;
use crate::rows::Rows;

/// A set that keeps every sample it has read; made by [`Dataset::cached`]. For sets whose samples are costly to make.
///
/// Several threads may read at once; where two ask for the same new sample, both make it and one of the two is kept.
#[derive(Debug)]
pub struct Cache<D: Dataset> {
    data: D,
    samples: Vec<OnceLock<D::Batch>>,
}

impl<D: Dataset> Cache<D> {
    pub(crate) fn new(data: D) -> Self {
        let samples = (0..data.len()).map(|_| OnceLock::new()).collect();
        Cache { data, samples }
    }

    /// How many samples are kept.
    pub fn kept(&self) -> usize {
        self.samples.iter().filter(|sample| sample.get().is_some()).count()
    }
}

impl<D: Dataset<Batch: Rows>> Dataset for Cache<D> {
    type Batch = D::Batch;

    fn len(&self) -> usize {
        self.samples.len()
    }

    fn gather(&self, rows: &[usize]) -> Result<D::Batch, Error> {
        check_rows("Cache", rows, self.samples.len())?;
        let mut new: Vec<usize> = rows.iter().copied().filter(|&row| self.samples[row].get().is_none()).collect();
        new.sort_unstable();
        new.dedup();
        if !new.is_empty() {
            let fresh = self.data.gather(&new)?;
            for (place, &row) in new.iter().enumerate() {
                let _ = self.samples[row].set(fresh.pick(&[place]));
            }
        }
        if rows.is_empty() {
            return self.data.gather(&[]);
        }
        let parts: Vec<&D::Batch> = rows.iter().map(|&row| self.samples[row].get().expect("was just filled")).collect();
        Rows::stack(&parts)
    }
}
