//! Ops in one pass, with their formula in primitive ops beside them.

pub mod batch_norm;
pub mod cross_entropy;
pub mod dropout;
pub mod linear;
pub mod log_softmax;
pub mod logsumexp;
pub mod softmax;
