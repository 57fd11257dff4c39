//! A set whose batches go through a function.

use crate::dataset::Dataset;
use crate::error::Error;

/// A set whose batches go through a function; made by [`Dataset::map`].
///
/// The function sees whole batches and must treat each sample alone, else results depend on how an epoch was cut.
#[derive(Clone, Copy, Debug)]
pub struct Map<D, F> {
    data: D,
    function: F,
}

impl<D, F> Map<D, F> {
    pub(crate) fn new(data: D, function: F) -> Self {
        Map { data, function }
    }
}

impl<D: Dataset, B, F: Fn(D::Batch) -> B> Dataset for Map<D, F> {
    type Batch = B;

    fn len(&self) -> usize {
        self.data.len()
    }

    fn gather(&self, rows: &[usize]) -> Result<B, Error> {
        self.data.gather(rows).map(&self.function)
    }
}
