//! Ops in one pass, with their formula in primitive ops beside them.

pub mod batch_norm;
pub mod batch_norm_pull;
pub mod cross_entropy;
pub mod dropout;
pub mod gaussian_nll;
pub mod layer_norm;
pub mod linear;
pub mod log_softmax;
pub mod logsumexp;
pub mod mod_relu;
pub mod rms_norm;
pub mod softmax;
