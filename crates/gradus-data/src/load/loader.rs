//! The loader: batches of any set, in an order that depends on seed and epoch alone, from any place of an epoch.

use std::sync::Arc;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use crate::batches::{Last, Pieces};
use crate::dataset::Dataset;
use crate::error::{Error, Kind};
use crate::load::workers::Workers;
use crate::sampler::Sampler;

/// One batch of a [`Loader`].
#[derive(Clone, Debug, PartialEq)]
pub struct Batch<B> {
    /// What the set made of the samples.
    pub data: B,
    /// Which samples they are.
    pub rows: Vec<usize>,
    /// How many of them, at the end, are only there to fill the batch ([`Last::Pad`]).
    pub padding: usize,
    /// The number of this batch within its epoch.
    pub index: usize,
}

/// The place of a [`Loader`]: everything that is needed to go on exactly there. Save it with the training state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoaderState {
    seed: u64,
    epoch: u64,
    batch: u64,
    samples: u64,
    batch_size: u64,
    last: Last,
}

impl LoaderState {
    /// The number of epochs that are complete.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The number of batches of the present epoch that have been given out.
    pub fn batch(&self) -> u64 {
        self.batch
    }
}

type Make<B> = dyn Fn(&[usize], &mut Xoshiro256PlusPlus) -> Result<B, Error> + Send + Sync;

/// Batches of a set, epoch after epoch.
///
/// The order of an epoch, and the generator that a batch's own randomness uses, follow from a seed, the number of the
/// epoch and the number of the batch: they are the same for any number of workers, and after a stop and a resume.
///
/// ```
/// use gradus_data::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
/// use gradus_data::{Loader, Supervised, ndarray::Array};
/// let set = Supervised::new(Array::range(0.0_f32, 10.0, 1.0), Array::from_iter(0..10_usize));
/// let rng = &mut Xoshiro256PlusPlus::seed_from_u64(0);
/// let mut loader = Loader::new(set, 4, rng).workers(2);
/// let first = loader.epoch()?.next().unwrap()?;           // one batch, then stop
/// let state = loader.state();                             // serde: goes into the checkpoint
/// let rest: Result<Vec<_>, _> = loader.epoch()?.collect(); // goes on where it stopped
/// assert_eq!((first.data.len(), rest?.len(), state.batch()), (4, 2, 1));
/// # Ok::<(), gradus_data::Error>(())
/// ```
#[doc(alias = "DataLoader")]
pub struct Loader<B> {
    make: Arc<Make<B>>,
    sampler: Sampler,
    workers: usize,
    ahead: usize,
    state: LoaderState,
}

impl<B> std::fmt::Debug for Loader<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loader").field("state", &self.state).field("workers", &self.workers).finish_non_exhaustive()
    }
}

impl<B: Send + 'static> Loader<B> {
    /// Batches of `size` samples in a new random order every epoch, made in the calling thread; the seed is drawn from
    /// `rng`.
    ///
    /// # Panics
    /// If `size` is 0.
    #[track_caller]
    pub fn new<D, R>(data: D, size: usize, rng: &mut R) -> Self
    where
        D: Dataset<Batch = B> + Send + Sync + 'static,
        R: Rng + ?Sized,
    {
        assert!(size > 0, "Loader: the batch size must be at least 1, got 0");
        let samples = data.len() as u64;
        let state = LoaderState {
            seed: rng.next_u64(),
            epoch: 0,
            batch: 0,
            samples,
            batch_size: size as u64,
            last: Last::Join,
        };
        let make = Arc::new(move |rows: &[usize], _: &mut Xoshiro256PlusPlus| data.gather(rows));
        Loader { make, sampler: Sampler::Shuffle, workers: 0, ahead: 4, state }
    }

    /// Passes every batch through a function in the worker that makes it; it may be random (augmentation), by the
    /// generator it is handed, which depends on seed, epoch and batch alone.
    pub fn map<C, F>(self, function: F) -> Loader<C>
    where
        F: Fn(B, &mut Xoshiro256PlusPlus) -> Result<C, Error> + Send + Sync + 'static,
    {
        let make = self.make;
        let make = Arc::new(move |rows: &[usize], rng: &mut Xoshiro256PlusPlus| function(make(rows, rng)?, rng));
        Loader { make, sampler: self.sampler, workers: self.workers, ahead: self.ahead, state: self.state }
    }

    /// Another order than [`Sampler::Shuffle`].
    pub fn sampler(mut self, sampler: Sampler) -> Self {
        self.sampler = sampler;
        self
    }

    /// What becomes of the samples that do not fill the last batch; [`Last::Join`] otherwise.
    pub fn last(mut self, last: Last) -> Self {
        self.state.last = last;
        self
    }

    /// The number of threads that make batches ahead; with 0, as it begins, the calling thread makes each when asked.
    /// Threads pay where a batch takes longer to make than the 10 us or so that handing it over costs.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }

    /// How many batches may be in the making or waiting; 4 unless told otherwise.
    #[doc(alias = "prefetch_factor")]
    pub fn ahead(mut self, batches: usize) -> Self {
        self.ahead = batches;
        self
    }

    /// The cut of an epoch into batches.
    pub fn pieces(&self) -> Pieces {
        let samples = self.sampler.len(self.state.samples as usize);
        Pieces::new(samples, self.state.batch_size as usize, self.state.last)
    }

    /// The place where the next batch will be taken.
    pub fn state(&self) -> LoaderState {
        self.state
    }

    /// Goes to a place that [`Loader::state`] gave, in this or in an earlier run.
    ///
    /// # Errors
    /// [`Kind::Argument`] if it belongs to a set of another size, another batch size, or another [`Last`].
    pub fn resume(&mut self, state: LoaderState) -> Result<(), Error> {
        let (own, other) = (&self.state, &state);
        if (own.samples, own.batch_size, own.last) != (other.samples, other.batch_size, other.last) {
            let message = format!(
                "Loader: the saved place is in {} samples by {} ({:?}), this loader has {} by {} ({:?})",
                other.samples, other.batch_size, other.last, own.samples, own.batch_size, own.last
            );
            return Err(Error::new(Kind::Argument, message));
        }
        if state.batch > self.pieces().len() as u64 {
            let message =
                format!("Loader: the saved place is batch {}, an epoch has {}", state.batch, self.pieces().len());
            return Err(Error::new(Kind::Argument, message));
        }
        self.state = state;
        Ok(())
    }

    /// The batches that are left of the present epoch: all of them at its beginning, the rest after a stop or a
    /// [`Loader::resume`]. With the last batch the epoch is complete.
    ///
    /// # Errors
    /// [`Kind::Argument`] for a sampler that does not fit the set.
    pub fn epoch(&mut self) -> Result<Epoch<'_, B>, Error> {
        let state = self.state;
        let order = self.sampler.epoch(state.samples as usize, &mut generator(state.seed, state.epoch, u64::MAX))?;
        let pieces = self.pieces();
        let make = self.make.clone();
        let one: Arc<dyn Fn(usize) -> Result<Batch<B>, Error> + Send + Sync> = Arc::new(move |index| {
            let rows = pieces.rows(index, &order);
            let data = make(&rows, &mut generator(state.seed, state.epoch, index as u64))?;
            Ok(Batch { data, rows, padding: pieces.padding(index), index })
        });
        let left = (state.batch as usize).min(pieces.len())..pieces.len();
        let workers = Workers::start(self.workers, self.ahead, left, one.clone());
        Ok(Epoch { state: &mut self.state, batches: pieces.len() as u64, workers, one, over: false })
    }

    /// Leaves out what is left of the present epoch.
    pub fn skip_epoch(&mut self) {
        self.state.epoch += 1;
        self.state.batch = 0;
    }
}

/// The generator of a batch, or of the order of an epoch: SplitMix64 steps over the three numbers (Steele, Lea & Flood
/// 2014), so that neighbours have nothing in common.
fn generator(seed: u64, epoch: u64, batch: u64) -> Xoshiro256PlusPlus {
    let mix = |mut z: u64| {
        z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    Xoshiro256PlusPlus::seed_from_u64(mix(mix(mix(seed) ^ epoch) ^ batch))
}

/// The batches of an epoch, in order; made by [`Loader::epoch`].
///
/// Every batch taken moves the loader's [`state`](Loader::state) on. After an error the iterator goes on with the batch
/// behind the bad one.
///
/// # Panics
/// If the set, or a function it was mapped through, panicked in a worker: with the same payload.
pub struct Epoch<'a, B> {
    state: &'a mut LoaderState,
    batches: u64,
    workers: Workers<Result<Batch<B>, Error>>,
    one: Arc<dyn Fn(usize) -> Result<Batch<B>, Error> + Send + Sync>,
    over: bool,
}

impl<B> std::fmt::Debug for Epoch<'_, B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Epoch").field("state", &self.state).finish_non_exhaustive()
    }
}

impl<B> Epoch<'_, B> {
    /// The place where the next batch will be taken.
    pub fn state(&self) -> LoaderState {
        *self.state
    }
}

impl<B: Send + 'static> Iterator for Epoch<'_, B> {
    type Item = Result<Batch<B>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let batch = self.workers.next(&*self.one);
        self.state.batch += u64::from(batch.is_some());
        if self.state.batch >= self.batches {
            self.over = true;
            self.state.epoch += 1;
            self.state.batch = 0;
        }
        batch
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = if self.over { 0 } else { self.batches.saturating_sub(self.state.batch) as usize };
        (left, Some(left))
    }
}
