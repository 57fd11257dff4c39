//! The laws of gradus-data, one module a subject.

mod adapting;
mod arrays;
mod batching;
mod csv;
#[cfg(feature = "digits")]
mod digits;
#[cfg(feature = "download")]
mod downloading;
mod folders;
mod fuzzing;
mod hostile;
mod loading;
mod memory;
mod splitting;
mod standardizing;
mod streaming;
mod transforming;

use std::path::PathBuf;

use gradus_data::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

/// The generator of every test here.
fn seeded(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

/// A stored file, written by `xtask/fixtures/data.py`.
fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// A fresh folder that is removed when the test ends.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("gradus-data-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
