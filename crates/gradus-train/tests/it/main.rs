//! Tests of the training loop, the metrics and the pictures.

mod metrics;
mod training;
