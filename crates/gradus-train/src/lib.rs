//! The training loop, and everything around it that a job needs: validation, metrics, progress, history, curves.
//!
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod error;

mod batch;
mod feed;
mod scores;
mod trainer;

mod callback;
pub mod checkpoint;
mod flat;
mod goal;
mod interrupt;
mod multiplier;

mod history;
mod progress;
mod report;

pub mod metric;
pub mod plot;

mod low_precision;
pub mod signal;

pub use batch::ToTensors;
pub use callback::{Callback, Step};
pub use checkpoint::Checkpoints;
pub use error::{Error, ErrorKind, Result};
pub use goal::Goal;
pub use history::{History, Record};
pub use low_precision::LowPrecision;
pub use metric::Metric;
pub use multiplier::{BestFeasible, Bound, Climb, Lagrange, multiplier};
pub use progress::Progress;
pub use report::{Report, Stop};
pub use scores::Scores;
pub use trainer::Trainer;

pub use gradus_data as data;
pub use gradus_nn as nn;
pub use gradus_optim as optim;
pub use gradus_tensor as tensor;
pub use {ndarray, rand};
