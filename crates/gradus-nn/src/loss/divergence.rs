//! Kullback-Leibler divergence.

use super::{one_shape, where_it_counts};
use gradus_tensor::{Real, Tensor};

/// p (ln p − ln q), element by element, from ln q and p; 0 where p = 0, also where ln q is −∞ (unless p is tracked: then its slope is
/// infinite there).
///
/// # Panics
/// If the shapes differ.
#[track_caller]
pub fn kl_div_each<T: Real>(log_q: &Tensor<T>, p: &Tensor<T>) -> Tensor<T> {
    one_shape("kl_div", log_q, p);
    // ln 1 stands where p = 0, so that 0 ln 0 is 0.
    let log_p = (p + (1.0 - p.step())).ln();
    p * (log_p - where_it_counts(log_q, p))
}

/// KL(p ‖ q), the mean over the rows of the sums over the last axis (`reduction = "batchmean"` in PyTorch).
///
/// # Panics
/// If the shapes differ or there are no rows.
#[track_caller]
pub fn kl_div<T: Real>(log_q: &Tensor<T>, p: &Tensor<T>) -> Tensor<T> {
    kl_div_each(log_q, p).sum_axes(&[-1], false).mean()
}
