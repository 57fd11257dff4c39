//! Ops in one pass, with their formula in primitive ops beside them.

pub mod batch_norm;
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

use crate::real::Real;
use gradus_kernels::View;
use std::borrow::Cow;

/// The numbers in row-major order, copied where they do not lie so.
fn flat<T: Real>(x: View<'_, T>) -> Cow<'_, [T]> {
    x.contiguous().map_or_else(|| Cow::Owned(x.to_vec()), Cow::Borrowed)
}
