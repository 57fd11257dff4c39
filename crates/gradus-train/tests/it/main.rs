//! Tests of the training loop, the checkpoints, the metrics and the pictures.

mod constrained;
mod faulty;
mod fuzzing;
mod hostile;
mod killing;
mod looping;
mod low_precision;
mod metrics;
mod pictures;
mod resuming;
mod signals;
mod telling;
mod training;

use gradus_train::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use std::path::PathBuf;

fn seeded(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

/// A new, empty folder of this test.
fn folder(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}
