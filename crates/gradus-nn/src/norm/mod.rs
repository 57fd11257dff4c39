//! Normalisation: numbers brought to mean 0 and variance 1, over the batch, the features, groups of channels or single channels.

mod batch_norm;
mod fold;
mod group_norm;
mod layer_norm;
mod rms_norm;

pub use batch_norm::{BatchNorm, BatchNormBuilder};
pub use group_norm::{GroupNorm, instance_norm};
pub use layer_norm::LayerNorm;
pub use rms_norm::RmsNorm;

/// Refuses an ε that makes a constant row 0/0.
#[track_caller]
fn check_eps(who: &str, eps: f64) {
    assert!(
        eps > 0.0 && eps.is_finite(),
        "{who}: eps must be finite and positive, got {eps}; a constant row would be 0/0"
    );
}
