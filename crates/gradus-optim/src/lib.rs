//! Optimisers as chains of small gradient transforms, and schedules for their rates.
#![forbid(unsafe_code)]

mod error;
pub mod optimiser;
pub mod schedule;
pub mod transform;

pub use error::{Error, Kind};
pub use optimiser::{Adagrad, Adam, AdamW, Lion, Muon, Optimiser, RmsProp, Sgd};
