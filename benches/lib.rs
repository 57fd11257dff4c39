//! The training-step workloads that the benches and the peers share.

pub mod stream;
pub mod workloads;
