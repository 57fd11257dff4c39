//! The laws of gradus-data, one module a subject.

mod batching;
#[cfg(feature = "digits")]
mod digits;
mod standardizing;

use gradus_data::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

/// The generator of every test here.
fn seeded(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}
