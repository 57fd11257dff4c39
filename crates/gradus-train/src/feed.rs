//! Where a run's batches come from, and where it is in them: any place is a few numbers, and the order follows from them alone.

use crate::batch::ToTensors;
use crate::error::{Error, ErrorKind, Result};
use gradus_data::{Dataset, Last, Loader, LoaderState, Pieces, permutation};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// A place in the data: everything that is needed to go on exactly there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Place {
    Rows(RowsPlace),
    Loader(LoaderState),
}

impl Place {
    /// Epochs that are complete.
    pub(crate) fn epoch(&self) -> u64 {
        match self {
            Place::Rows(place) => place.epoch,
            Place::Loader(state) => state.epoch(),
        }
    }

    /// Batches of the present epoch that are done.
    pub(crate) fn batch(&self) -> u64 {
        match self {
            Place::Rows(place) => place.batch,
            Place::Loader(state) => state.batch(),
        }
    }
}

/// A batch as the loop takes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    /// Its number within the epoch.
    pub(crate) index: u64,
    /// Its samples, padding apart.
    pub(crate) samples: usize,
    /// The place behind it; behind the last batch that is the start of the next epoch.
    pub(crate) after: Place,
}

/// A source of batches.
pub(crate) trait Feed<B> {
    /// Batches an epoch.
    fn batches(&self) -> u64;

    /// The place of the next batch.
    fn place(&self) -> Place;

    /// Goes to a place of an earlier run.
    fn go_to(&mut self, place: Place) -> Result<()>;

    /// Hands the rest of the present epoch to `f`, until it breaks.
    fn rest(&mut self, f: &mut dyn FnMut(B, Piece) -> Result<ControlFlow<()>>) -> Result<()>;
}

/// A place in the shuffled rows of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RowsPlace {
    seed: u64,
    epoch: u64,
    batch: u64,
    samples: u64,
    size: u64,
}

impl RowsPlace {
    /// The cut of an epoch; a single sample left over joins the batch before it.
    fn pieces(&self) -> Pieces {
        Pieces::new(self.samples as usize, self.size as usize, Last::Join)
    }

    /// The samples of the present epoch, in its order.
    fn order(&self) -> Vec<usize> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(mix(mix(self.seed) ^ self.epoch));
        permutation(self.samples as usize, &mut rng)
    }
}

/// The rows of a set, shuffled anew every epoch.
pub(crate) struct Rows<'d, D: ?Sized> {
    data: &'d D,
    place: RowsPlace,
}

impl<'d, D: Dataset + ?Sized> Rows<'d, D> {
    pub(crate) fn new(data: &'d D, size: usize, seed: u64) -> Self {
        let place = RowsPlace { seed, epoch: 0, batch: 0, samples: data.len() as u64, size: size as u64 };
        Rows { data, place }
    }
}

impl<B, D> Feed<B> for Rows<'_, D>
where
    D: Dataset + ?Sized,
    D::Batch: ToTensors<Tensors = B>,
{
    fn batches(&self) -> u64 {
        self.place.pieces().len() as u64
    }

    fn place(&self) -> Place {
        Place::Rows(self.place)
    }

    fn go_to(&mut self, place: Place) -> Result<()> {
        let own = self.place;
        let Place::Rows(saved) = place else {
            return Err(mismatch("the run was saved with a loader, this one has a data set"));
        };
        if (saved.samples, saved.size) != (own.samples, own.size) {
            let (n, size, m, other) = (saved.samples, saved.size, own.samples, own.size);
            return Err(mismatch(&format!(
                "the run was saved with {n} samples by {size}, this one has {m} by {other}"
            )));
        }
        if saved.batch >= saved.pieces().len() as u64 {
            let (batch, all) = (saved.batch, saved.pieces().len());
            return Err(mismatch(&format!("the saved place is batch {batch}, an epoch has {all}")));
        }
        self.place = saved;
        Ok(())
    }

    fn rest(&mut self, f: &mut dyn FnMut(B, Piece) -> Result<ControlFlow<()>>) -> Result<()> {
        let (order, pieces) = (self.place.order(), self.place.pieces());
        for index in self.place.batch as usize..pieces.len() {
            let rows = &order[pieces.range(index)];
            let batch = self.data.gather(rows)?.to_tensors();
            self.place.batch += 1;
            if self.place.batch == pieces.len() as u64 {
                (self.place.epoch, self.place.batch) = (self.place.epoch + 1, 0);
            }
            let piece = Piece { index: index as u64, samples: rows.len(), after: Place::Rows(self.place) };
            if f(batch, piece)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

impl<B, L> Feed<B> for &mut Loader<L>
where
    L: ToTensors<Tensors = B> + Send + 'static,
{
    fn batches(&self) -> u64 {
        self.pieces().len() as u64
    }

    fn place(&self) -> Place {
        Place::Loader(self.state())
    }

    fn go_to(&mut self, place: Place) -> Result<()> {
        let Place::Loader(state) = place else {
            return Err(mismatch("the run was saved with a data set, this one has a loader"));
        };
        self.resume(state).map_err(|e| Error::caused(ErrorKind::Mismatch, format!("resume: {e}"), e))
    }

    fn rest(&mut self, f: &mut dyn FnMut(B, Piece) -> Result<ControlFlow<()>>) -> Result<()> {
        let mut epoch = self.epoch()?;
        while let Some(batch) = epoch.next() {
            let batch = batch?;
            let samples = batch.rows.len() - batch.padding;
            let piece = Piece { index: batch.index as u64, samples, after: Place::Loader(epoch.state()) };
            if f(batch.data.to_tensors(), piece)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

fn mismatch(why: &str) -> Error {
    Error::new(ErrorKind::Mismatch, format!("resume: {why}"))
}

/// One step of SplitMix64 (Steele, Lea & Flood 2014): neighbouring numbers have nothing in common afterwards.
fn mix(z: u64) -> u64 {
    let z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
