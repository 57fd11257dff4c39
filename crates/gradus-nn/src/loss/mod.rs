//! Losses. Each is a function of predictions and targets that answers one number, the mean over the batch.

mod cross_entropy;
mod mse;

pub use cross_entropy::cross_entropy;
pub use mse::mse;
