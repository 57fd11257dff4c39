//! Folding: a batch norm in evaluation is an affine map, so a neighbouring linear layer can carry it.

use super::BatchNorm;
use crate::{Conv1d, Conv2d, Linear};
use gradus_tensor::{Param, Real, Tensor, no_grad};

impl<T: Real> BatchNorm<T> {
    /// One layer for `norm(linear(x))` in evaluation: W' = diag(s) W, b' = s b + t, with s, t of [`affine_map`](BatchNorm::affine_map).
    ///
    /// # Panics
    /// If the linear layer does not end in as many features as this layer has.
    #[track_caller]
    #[must_use]
    pub fn fold_after(&self, linear: &Linear<T>) -> Linear<T> {
        no_grad(|| {
            let (w, (s, t)) = (linear.weight().value(), self.affine_map());
            self.check_fit("fold_after", w.shape()[0]);
            let bias = linear.bias().map_or_else(|| t.clone(), |b| b.value() * &s + &t);
            Linear::from_weights(&(w * s.unsqueeze(1)), Some(&bias))
        })
    }

    /// One layer for `linear(norm(x))` in evaluation: W' = W diag(s), b' = b + W t.
    ///
    /// # Panics
    /// If the linear layer does not start from as many features as this layer has.
    #[track_caller]
    #[must_use]
    pub fn fold_before(&self, linear: &Linear<T>) -> Linear<T> {
        no_grad(|| {
            let (w, (s, t)): (Tensor<T>, _) = (linear.weight().value(), self.affine_map());
            self.check_fit("fold_before", w.shape()[1]);
            let through = w.matmul(&t);
            let bias = linear.bias().map_or_else(|| through.clone(), |b| b.value() + &through);
            Linear::from_weights(&(w * s), Some(&bias))
        })
    }

    /// One layer for `norm(conv(x))` in evaluation: kernel s·w by output channels, b' = s b + t.
    ///
    /// # Panics
    /// If the convolution does not end in as many channels as this layer has.
    #[track_caller]
    #[must_use]
    pub fn fold_after_conv2d(&self, conv: &Conv2d<T>) -> Conv2d<T> {
        let (kernel, bias) = self.folded(&conv.weight().value(), conv.bias().map(Param::value));
        conv.with_weights(&kernel, &bias)
    }

    /// As [`fold_after_conv2d`](BatchNorm::fold_after_conv2d), over one axis.
    ///
    /// # Panics
    /// If the convolution does not end in as many channels as this layer has.
    #[track_caller]
    #[must_use]
    pub fn fold_after_conv1d(&self, conv: &Conv1d<T>) -> Conv1d<T> {
        let (kernel, bias) = self.folded(&conv.weight().value(), conv.bias().map(Param::value));
        conv.with_weights(&kernel, &bias)
    }

    /// s·w by rows and s b + t.
    #[track_caller]
    fn folded(&self, w: &Tensor<T>, b: Option<Tensor<T>>) -> (Tensor<T>, Tensor<T>) {
        no_grad(|| {
            let (s, t) = self.affine_map();
            self.check_fit("fold_after", w.shape()[0]);
            let rows: Vec<usize> = (0..w.rank()).map(|k| if k == 0 { s.len() } else { 1 }).collect();
            let bias = b.map_or_else(|| t.clone(), |b| b * &s + &t);
            (w * s.reshape(&rows), bias)
        })
    }

    #[track_caller]
    fn check_fit(&self, who: &str, features: usize) {
        assert!(
            features == self.channels(),
            "batch_norm: {who} needs a layer with {} features on this side, got {features}",
            self.channels()
        );
    }
}
