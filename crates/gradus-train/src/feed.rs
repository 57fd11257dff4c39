//! Where a run is in its data: the order of an epoch and the batch that comes next, from three numbers alone.

use gradus_data::{Last, Pieces, permutation};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

/// A place in the data: everything that is needed to go on exactly there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    seed: u64,
    /// Epochs that are complete.
    pub(crate) epoch: u64,
    /// Batches of the present epoch that are done.
    pub(crate) batch: u64,
    samples: u64,
    size: u64,
}

impl Place {
    /// The beginning.
    pub(crate) fn new(seed: u64, samples: usize, size: usize) -> Self {
        Place { seed, epoch: 0, batch: 0, samples: samples as u64, size: size as u64 }
    }

    /// The cut of an epoch; a single sample left over joins the batch before it.
    pub(crate) fn pieces(&self) -> Pieces {
        Pieces::new(self.samples as usize, self.size as usize, Last::Join)
    }

    /// The samples of the present epoch, in its order.
    pub(crate) fn order(&self) -> Vec<usize> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(mix(mix(self.seed) ^ self.epoch));
        permutation(self.samples as usize, &mut rng)
    }

    /// The first batch of the next epoch.
    pub(crate) fn next_epoch(&mut self) {
        self.epoch += 1;
        self.batch = 0;
    }
}

/// One step of SplitMix64 (Steele, Lea & Flood 2014): neighbouring numbers have nothing in common afterwards.
fn mix(z: u64) -> u64 {
    let z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
