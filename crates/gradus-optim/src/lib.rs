//! Optimisers as chains of small gradient transforms, and schedules for their rates.
#![forbid(unsafe_code)]

mod accumulate;
mod average;
mod error;
mod objective;
pub mod optimiser;
pub mod penalty;
mod sam;
pub mod schedule;
pub mod solve;
pub mod transform;

pub use accumulate::Accumulator;
pub use average::Average;
pub use error::{Error, Kind};
pub use gradus_tensor;
pub use objective::{Evaluation, Objective};
pub use optimiser::{
    Adagrad, Adam, AdamW, Group, Lion, Muon, NonFinite, Optimise, Optimiser, RmsProp, Sgd, State, Stepped,
};
pub use sam::Sam;
pub use solve::{Armijo, GradientDescent, Lbfgs};
