//! Batches, epoch after epoch, made ahead by worker threads; and any iterator run ahead by a thread.

mod loader;
mod prefetch;
mod workers;

pub use loader::{Batch, Epoch, Loader, LoaderState};
pub use prefetch::{Prefetched, prefetch};
