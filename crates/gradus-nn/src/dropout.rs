//! Dropout: units switched off at random in training, so that they do not come to rely on each other.

use crate::layer::{Layer, without_leaves};
use gradus_tensor::{Granularity, Mode, Real, Tensor};
use std::marker::PhantomData;

/// Dropout: in training `y = x ⊙ m / (1 − p)` with m ~ Bern(1 − p), so that E y = x; in evaluation y = x
/// (Srivastava et al. 2014; the inverted form).
///
/// The standard form scales at evaluation instead: `y = x ⊙ m` in training, so that E y = (1 − p) x, and `y = (1 − p) x` in evaluation.
/// The mask is a hash of the step's key and the element's place: every derivative of a step sees the same mask, and it does not depend on
/// the number of threads.
#[derive(Clone, Copy, Debug)]
pub struct Dropout<T: Real = f32> {
    p: f64,
    granularity: Granularity,
    standard: bool,
    number: PhantomData<T>,
}

impl<T: Real> Dropout<T> {
    /// Inverted dropout of single elements with probability `p` of dropping.
    ///
    /// # Panics
    /// If p is not in [0, 1).
    #[track_caller]
    pub fn new(p: f64) -> Self {
        assert!((0.0..1.0).contains(&p), "dropout: p must lie in [0, 1), got {p}; to switch a unit off use a mask");
        Dropout { p, granularity: Granularity::Element, standard: false, number: PhantomData }
    }

    /// What shares one bit of the mask: elements (default), channels, or one mask a mini-batch.
    #[must_use]
    pub fn by(mut self, granularity: Granularity) -> Self {
        self.granularity = granularity;
        self
    }

    /// The standard form, scaled at evaluation, in place of the inverted one.
    #[must_use]
    pub fn standard(mut self) -> Self {
        self.standard = true;
        self
    }

    /// The probability of dropping.
    pub fn p(&self) -> f64 {
        self.p
    }

    /// The output for the input `x`.
    pub fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        let keep = 1.0 - self.p;
        let y = match (mode.dropout && self.p > 0.0, self.standard) {
            (true, standard) => {
                x.dropout(self.p, if standard { 1.0 } else { 1.0 / keep }, self.granularity, mode.next_key())
            }
            (false, true) => x * keep,
            (false, false) => x.clone(),
        };
        mode.report(self, &[x], y)
    }
}

/// Inverted dropout of single elements, as a function: [`Dropout::new`]`(p).forward(x, mode)`.
///
/// # Panics
/// If p is not in [0, 1).
#[track_caller]
pub fn dropout<T: Real>(x: &Tensor<T>, p: f64, mode: &mut Mode) -> Tensor<T> {
    Dropout::new(p).forward(x, mode)
}

impl<T: Real> Layer<T> for Dropout<T> {
    fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        self.forward(x, mode)
    }
}

without_leaves!(Dropout);
