//! The trait of everything that loaders read: so many samples, and a batch for any list of them.

use crate::error::{Error, Kind};

/// Samples that can be asked for by number, many at a time.
///
/// A set answers with whole batches because that is what training wants: one copy a row, no stacking afterwards.
/// Samples are numbered `0..len()`.
pub trait Dataset {
    /// What a list of samples becomes: usually a small [`Supervised`](crate::Supervised).
    type Batch;

    /// The number of samples.
    fn len(&self) -> usize;

    /// The samples `rows`, in that order; a row may come more than once.
    ///
    /// # Errors
    /// [`Kind::Argument`] for a row that does not exist, and whatever reading the samples brings.
    fn gather(&self, rows: &[usize]) -> Result<Self::Batch, Error>;

    /// Whether there is no sample at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Refuses the first row that is not below `n`.
pub(crate) fn check_rows(who: &str, rows: &[usize], n: usize) -> Result<(), Error> {
    match rows.iter().find(|&&row| row >= n) {
        None => Ok(()),
        Some(row) => Err(Error::new(Kind::Argument, format!("{who}: asked for sample {row} of a set of {n}"))),
    }
}

impl<D: Dataset + ?Sized> Dataset for &D {
    type Batch = D::Batch;
    fn len(&self) -> usize {
        (**self).len()
    }
    fn gather(&self, rows: &[usize]) -> Result<Self::Batch, Error> {
        (**self).gather(rows)
    }
}

impl<D: Dataset + ?Sized> Dataset for std::sync::Arc<D> {
    type Batch = D::Batch;
    fn len(&self) -> usize {
        (**self).len()
    }
    fn gather(&self, rows: &[usize]) -> Result<Self::Batch, Error> {
        (**self).gather(rows)
    }
}

impl<D: Dataset + ?Sized> Dataset for Box<D> {
    type Batch = D::Batch;
    fn len(&self) -> usize {
        (**self).len()
    }
    fn gather(&self, rows: &[usize]) -> Result<Self::Batch, Error> {
        (**self).gather(rows)
    }
}
