//! Dropout that keeps mean and variance of self-normalising nets.

use crate::layer::{Layer, without_leaves};
use gradus_tensor::{Granularity, Mode, Real, Tensor};
use std::marker::PhantomData;

/// Alpha dropout: a dropped unit takes the value α' = −λα of SELU's saturation, and `y = a (x m + α' (1 − m)) + b` with
/// `a = (q + α'² q p)^(−1/2)`, `b = −a α' p`, q = 1 − p: mean 0 and variance 1 stay what they are (Klambauer et al. 2017, section 3).
#[derive(Clone, Copy, Debug)]
pub struct AlphaDropout<T: Real = f32> {
    p: f64,
    number: PhantomData<T>,
}

/// −λα of SELU.
const SATURATION: f64 = -1.758_099_340_847_376_6;

impl<T: Real> AlphaDropout<T> {
    /// With probability `p` of dropping.
    ///
    /// # Panics
    /// If p is not in [0, 1).
    #[track_caller]
    pub fn new(p: f64) -> Self {
        assert!((0.0..1.0).contains(&p), "alpha_dropout: p must lie in [0, 1), got {p}");
        AlphaDropout { p, number: PhantomData }
    }

    /// The output for the input `x`.
    pub fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        if self.p == 0.0 || !mode.dropout {
            return mode.report(self, &[x], x.clone());
        }
        let keep = 1.0 - self.p;
        let a = (keep + SATURATION * SATURATION * keep * self.p).powf(-0.5);
        let mask = x.ones_like().dropout(self.p, 1.0, Granularity::Element, mode.next_key());
        let y = (x * &mask + (1.0 - mask) * SATURATION) * a - a * SATURATION * self.p;
        mode.report(self, &[x], y)
    }
}

impl<T: Real> Layer<T> for AlphaDropout<T> {
    fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        self.forward(x, mode)
    }
}

without_leaves!(AlphaDropout);
