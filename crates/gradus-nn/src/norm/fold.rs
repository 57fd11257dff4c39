//! Folding: a batch norm in evaluation is an affine map, so a neighbouring linear layer can carry it.

use super::BatchNorm;
use crate::{Conv1d, Conv2d, Linear};
use gradus_tensor::{Param, Real, Sliding, Tensor, no_grad};

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

    /// One layer for `conv(norm(x))` in evaluation: kernel w·s by input channels, `b'[o] = b[o] + Σ w[o, c, k] t[c]` over channels and taps.
    ///
    /// # Panics
    /// If the convolution does not start from as many channels as this layer has, or it is padded and some t is not 0: the zeros that
    /// it puts around norm(x) have no counterpart around x.
    #[track_caller]
    #[must_use]
    pub fn fold_before_conv2d(&self, conv: &Conv2d<T>) -> Conv2d<T> {
        let (kernel, bias) = self.folded_before(&conv.weight().value(), conv.bias().map(Param::value), conv.sliding());
        conv.with_weights(&kernel, &bias)
    }

    /// As [`fold_before_conv2d`](BatchNorm::fold_before_conv2d), over one axis.
    ///
    /// # Panics
    /// If the convolution does not start from as many channels as this layer has, or it is padded and some t is not 0: the zeros that
    /// it puts around norm(x) have no counterpart around x.
    #[track_caller]
    #[must_use]
    pub fn fold_before_conv1d(&self, conv: &Conv1d<T>) -> Conv1d<T> {
        let (kernel, bias) = self.folded_before(&conv.weight().value(), conv.bias().map(Param::value), conv.sliding());
        conv.with_weights(&kernel, &bias)
    }

    /// w·s by input channels, and b + Σ w t over each output's channels and taps.
    #[track_caller]
    fn folded_before(&self, w: &Tensor<T>, b: Option<Tensor<T>>, by: Sliding) -> (Tensor<T>, Tensor<T>) {
        no_grad(|| {
            let (s, t) = self.affine_map();
            let (out, depth) = (w.shape()[0], w.shape()[1]);
            self.check_fit("fold_before", depth * by.groups);
            assert!(
                by.padding == [0; 2] || t.to_vec().iter().all(|t| t.to_f64() == 0.0),
                "batch_norm: fold_before cannot fold into a convolution with zero padding, because the zeros follow the norm; \
                 pad the image before the norm, or keep the norm"
            );
            // Kernels by groups: [groups, out / groups, depth, taps].
            let kernels = w.reshape(&[by.groups, out / by.groups, depth, w.len() / (out * depth)]);
            let of_group = |x: &Tensor<T>| x.reshape(&[by.groups, 1, depth, 1]);
            let through = (&kernels * of_group(&t)).sum_axes(&[2, 3], false).reshape(&[out]);
            let bias = b.map_or_else(|| through.clone(), |b| b + &through);
            ((kernels * of_group(&s)).reshape(w.shape()), bias)
        })
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
