//! How an epoch is cut into batches, and the iterator over the batches of a set in memory.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::rows::Rows;
use crate::supervised::Supervised;

/// What becomes of the samples that do not fill the last batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Last {
    /// A short last batch is given as it is; but a last batch of a single sample joins the batch before it, because a
    /// batch of one has no variance (batch normalisation). With batches of one sample asked for, nothing joins.
    #[default]
    Join,
    /// A short last batch is given as it is, even if it is a single sample.
    Keep,
    /// A short last batch is left out.
    Drop,
    /// A short last batch is filled up with samples from the beginning of the same epoch.
    Pad,
}

/// The cut of `n` samples into batches of `size`: pure arithmetic, so any batch of an epoch can be named alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pieces {
    n: usize,
    size: usize,
    last: Last,
}

impl Pieces {
    /// Batches of `size` out of `n` samples.
    ///
    /// # Panics
    /// If `size` is 0.
    #[track_caller]
    pub fn new(n: usize, size: usize, last: Last) -> Self {
        assert!(size > 0, "batches: the batch size must be at least 1, got 0");
        Pieces { n, size, last }
    }

    /// The number of batches.
    pub fn len(&self) -> usize {
        let (full, rest) = (self.n / self.size, self.n % self.size);
        match self.last {
            Last::Drop => full,
            Last::Join if rest == 1 && full > 0 => full,
            Last::Keep | Last::Pad | Last::Join => full + usize::from(rest > 0),
        }
    }

    /// Whether there is no batch at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The places in the epoch's order that batch `i` holds, without padding.
    ///
    /// # Panics
    /// If there is no batch `i`.
    #[track_caller]
    pub fn range(&self, i: usize) -> Range<usize> {
        let batches = self.len();
        assert!(i < batches, "batches: asked for batch {i} of {batches}");
        let start = i * self.size;
        let is_last = i + 1 == batches;
        let end = if is_last && self.last != Last::Drop { self.n } else { start + self.size };
        start..end
    }

    /// How many samples of batch `i` are padding; they come last in the batch.
    pub fn padding(&self, i: usize) -> usize {
        match self.last {
            Last::Pad => self.size - self.range(i).len().min(self.size),
            _ => 0,
        }
    }

    /// The samples of batch `i` when the epoch goes through them in this `order`.
    pub(crate) fn rows(&self, i: usize, order: &[usize]) -> Vec<usize> {
        let mut rows = order[self.range(i)].to_vec();
        rows.extend(order.iter().cycle().take(self.padding(i)));
        rows
    }
}

/// One epoch over a set in memory, batch by batch; made by [`Supervised::batches`] and
/// [`Supervised::batches_in_order`].
#[derive(Clone, Debug)]
pub struct Batches<'a, X, Y> {
    data: &'a Supervised<X, Y>,
    order: Vec<usize>,
    pieces: Pieces,
    next: usize,
}

impl<'a, X: Rows, Y: Rows> Batches<'a, X, Y> {
    #[track_caller]
    pub(crate) fn new(data: &'a Supervised<X, Y>, order: Vec<usize>, size: usize) -> Self {
        Batches { data, pieces: Pieces::new(order.len(), size, Last::default()), order, next: 0 }
    }

    /// Says what becomes of samples that do not fill the last batch; [`Last::Join`] otherwise.
    pub fn last(mut self, last: Last) -> Self {
        self.pieces.last = last;
        self
    }

    /// The cut of this epoch.
    pub fn pieces(&self) -> Pieces {
        self.pieces
    }

    /// The samples in the order of this epoch.
    pub fn order(&self) -> &[usize] {
        &self.order
    }
}

impl<X: Rows, Y: Rows> Iterator for Batches<'_, X, Y> {
    type Item = Supervised<X, Y>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.pieces.len() {
            return None;
        }
        let rows = self.pieces.rows(self.next, &self.order);
        self.next += 1;
        Some(self.data.pick(&rows))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.pieces.len().saturating_sub(self.next);
        (left, Some(left))
    }
}

impl<X: Rows, Y: Rows> ExactSizeIterator for Batches<'_, X, Y> {}
