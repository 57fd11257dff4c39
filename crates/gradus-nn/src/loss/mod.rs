//! Losses. Each is a function of predictions and targets that answers one number, the mean over the elements or rows.
//!
//! Where a loss is a sum of parts, `…_each` answers the parts: `l1_each(&y, &t).sum()` is the sum, `l1(&y, &t)` the mean.

mod absolute;
mod binary;
mod cross_entropy;
mod divergence;
mod gaussian_nll;
mod hinge;
mod mse;
mod poisson;

pub use absolute::{huber, huber_each, l1, l1_each, smooth_l1, smooth_l1_each};
pub use binary::{bce_with_logits, bce_with_logits_each, bce_with_logits_weighted};
pub use cross_entropy::{CrossEntropy, Reduction, cross_entropy, nll, nll_each};
pub use divergence::{kl_div, kl_div_each};
pub use gaussian_nll::{GaussianNll, gaussian_nll};
pub use hinge::{hinge, hinge_each};
pub use mse::{mse, mse_each};
pub use poisson::{poisson_nll, poisson_nll_each};

use gradus_tensor::{Real, Tensor};

/// Refuses two shapes where one is meant.
#[track_caller]
fn one_shape<T: Real>(who: &str, prediction: &Tensor<T>, target: &Tensor<T>) {
    assert!(
        prediction.shape() == target.shape(),
        "{who}: prediction {:?} and target {:?} must have one shape; a silent broadcast would average over pairs",
        prediction.shape(),
        target.shape()
    );
}

/// `x`, and 0 where the `weight` that it is multiplied by is 0, since 0 · ∞ is not a number. A weight that is tracked has a slope there, which
/// is x: then all stays.
fn where_it_counts<T: Real>(x: &Tensor<T>, weight: &Tensor<T>) -> Tensor<T> {
    if weight.is_tracked() {
        return x.clone();
    }
    x.masked_fill(&weight.eq(0.0), 0.0)
}

/// |x|, with the derivative 0 at 0.
fn absolute_value<T: Real>(x: &Tensor<T>) -> Tensor<T> {
    x.relu() + (-x).relu()
}
