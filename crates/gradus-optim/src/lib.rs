//! Optimisers as chains of small gradient transforms, and schedules for their rates.
#![forbid(unsafe_code)]

mod error;
pub mod optimiser;
pub mod schedule;
pub mod transform;

pub use error::{Error, Kind};
pub use gradus_tensor;
pub use optimiser::{
    Adagrad, Adam, AdamW, Group, Lion, Muon, NonFinite, Optimise, Optimiser, RmsProp, Sgd, State, Stepped,
};
