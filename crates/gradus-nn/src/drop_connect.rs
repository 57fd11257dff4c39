//! An affine layer whose weights, not units, are switched off at random.

use crate::layer::Layer;
use crate::linear::{Linear, affine};
use gradus_derive::Module;
use gradus_tensor::{Granularity, Mode, Real, Tensor};

/// `y = x (W ⊙ M)ᵀ/(1 − p) + b` in training with M ~ Bern(1 − p), one mask a step; `y = x Wᵀ + b` in evaluation
/// (Wan et al. 2013, with the mean of the weights in place of their Gaussian approximation).
#[derive(Debug, Module)]
pub struct DropConnect<T: Real = f32> {
    linear: Linear<T>,
    p: f64,
}

impl<T: Real> DropConnect<T> {
    /// Over a linear layer, with probability `p` of dropping a weight.
    ///
    /// # Panics
    /// If p is not in [0, 1).
    #[track_caller]
    pub fn new(linear: Linear<T>, p: f64) -> Self {
        assert!((0.0..1.0).contains(&p), "drop_connect: p must lie in [0, 1), got {p}");
        DropConnect { linear, p }
    }

    /// The output for the input `x`.
    #[track_caller]
    pub fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        if self.p == 0.0 || !mode.dropout {
            let y = self.linear.forward(x, mode);
            return mode.report(self, &[x], y);
        }
        let w = self.linear.weight().value();
        let w = w.dropout(self.p, 1.0 / (1.0 - self.p), Granularity::Element, mode.next_key());
        mode.report(self, &[x], affine(x, &w, self.linear.bias()))
    }
}

impl<T: Real> Layer<T> for DropConnect<T> {
    fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        self.forward(x, mode)
    }
}
