//! Softmax cross-entropy.

use gradus_tensor::{Index, Real, Tensor};

/// Softmax cross-entropy `−1/n Σ ln softmax(x)ᵢ,ₗᵢ`, the mean over the batch.
///
/// Shapes: logits x `[n, classes]`, labels l `[n]`.
///
/// # Panics
/// If the shapes do not fit, a label is out of range, or the batch is empty.
#[track_caller]
pub fn cross_entropy<T: Real>(logits: &Tensor<T>, labels: &Index) -> Tensor<T> {
    logits.cross_entropy(labels).mean()
}
