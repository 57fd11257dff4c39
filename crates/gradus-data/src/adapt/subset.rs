//! Some samples of a set, in an order of their own.

use crate::dataset::{Dataset, check_rows};
use crate::error::Error;

/// Some samples of a set, in an order of their own; made by [`Dataset::subset`] and [`Dataset::filter`].
#[derive(Clone, Debug)]
pub struct Subset<D> {
    data: D,
    rows: Vec<usize>,
}

impl<D: Dataset> Subset<D> {
    pub(crate) fn new(data: D, rows: Vec<usize>) -> Result<Self, Error> {
        check_rows("subset", &rows, data.len())?;
        Ok(Subset { data, rows })
    }

    pub(crate) fn filtered(data: D, mut keep: impl FnMut(&D::Batch) -> bool) -> Result<Self, Error> {
        let mut rows = Vec::new();
        for row in 0..data.len() {
            if keep(&data.gather(&[row])?) {
                rows.push(row);
            }
        }
        Ok(Subset { data, rows })
    }

    /// The samples of the underlying set, in the order of this one.
    pub fn rows(&self) -> &[usize] {
        &self.rows
    }
}

impl<D: Dataset> Dataset for Subset<D> {
    type Batch = D::Batch;

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn gather(&self, rows: &[usize]) -> Result<D::Batch, Error> {
        check_rows("Subset", rows, self.rows.len())?;
        let inner: Vec<usize> = rows.iter().map(|&row| self.rows[row]).collect();
        self.data.gather(&inner)
    }
}
