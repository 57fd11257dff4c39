//! The trait of everything that loaders read: so many samples, and a batch for any list of them.

use crate::adapt::{Cache, Concat, Map, Subset};
use crate::error::{Error, Kind};
use crate::rows::Rows;

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

    /// The same set with every batch passed through `function`, which must treat each sample alone.
    fn map<B, F: Fn(Self::Batch) -> B>(self, function: F) -> Map<Self, F>
    where
        Self: Sized,
    {
        Map::new(self, function)
    }

    /// The samples `rows` of this set, in that order.
    ///
    /// # Errors
    /// [`Kind::Argument`] for a row that does not exist.
    fn subset(self, rows: Vec<usize>) -> Result<Subset<Self>, Error>
    where
        Self: Sized,
    {
        Subset::new(self, rows)
    }

    /// The samples that `keep` accepts; it sees each once, now, as a batch of one.
    ///
    /// # Errors
    /// Whatever reading the samples brings.
    fn filter<F: FnMut(&Self::Batch) -> bool>(self, keep: F) -> Result<Subset<Self>, Error>
    where
        Self: Sized,
    {
        Subset::filtered(self, keep)
    }

    /// This set and after it another.
    fn concat<D: Dataset<Batch = Self::Batch>>(self, other: D) -> Concat<Self, D>
    where
        Self: Sized,
        Self::Batch: Rows,
    {
        Concat::new(self, other)
    }

    /// The same set, which keeps every sample that it has read once.
    fn cached(self) -> Cache<Self>
    where
        Self: Sized,
        Self::Batch: Rows,
    {
        Cache::new(self)
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
