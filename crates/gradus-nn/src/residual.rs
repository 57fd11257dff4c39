//! Shortcuts: layers whose input is added to their output.

use crate::layer::Layer;
use gradus_derive::Module;
use gradus_tensor::extend::refuse;
use gradus_tensor::{Granularity, Mode, Module, Place, Real, Tensor};

/// `y = x + f(x)`, where f is any layer (He et al. 2016); with a survival probability, stochastic depth.
///
/// Under stochastic depth f is switched off for each sample apart with probability p in training: `y = x + m f(x)/(1 − p)`,
/// m ~ Bern(1 − p), so that the mean is `x + f(x)` (Huang et al. 2016, inverted form).
///
/// # Panics
/// If the layer changes the shape.
#[doc(alias = "StochasticDepth")]
#[derive(Debug, Module)]
pub struct Residual<L: Module> {
    body: L,
    drop: f64,
}

impl<L: Module> Residual<L> {
    /// x + f(x).
    pub fn new(body: L) -> Self {
        Residual { body, drop: 0.0 }
    }

    /// f is switched off for a sample with probability p in training.
    ///
    /// # Panics
    /// If p is not in [0, 1).
    #[track_caller]
    #[must_use]
    pub fn stochastic_depth(mut self, p: f64) -> Self {
        assert!(
            (0.0..1.0).contains(&p),
            "stochastic_depth: p must lie in [0, 1), got {p}; to leave a layer out do not add it"
        );
        self.drop = p;
        self
    }

    /// f.
    pub fn body(&self) -> &L {
        &self.body
    }
}

impl<L: Module + Layer<L::Elem>> Residual<L> {
    /// The output for the input `x`.
    #[track_caller]
    pub fn forward(&self, x: &Tensor<L::Elem>, mode: &mut Mode) -> Tensor<L::Elem> {
        let y = mode.call(Place::of(&self.body), x, |mode| self.body.forward(x, mode));
        if y.shape() != x.shape() {
            refuse(&format!(
                "residual: the layer turns {:?} into {:?}, which cannot be added; it must keep the shape",
                x.shape(),
                y.shape()
            ));
        }
        if self.drop == 0.0 || !mode.dropout || x.rank() == 0 {
            return mode.report(self, &[x], x + y);
        }
        let per_sample: Vec<usize> = (0..x.rank()).map(|k| if k == 0 { x.shape()[0] } else { 1 }).collect();
        let mask = Tensor::<L::Elem>::ones(&per_sample);
        let kept = mask.dropout(self.drop, 1.0 / (1.0 - self.drop), Granularity::Element, mode.next_key());
        mode.report(self, &[x], x + y * kept)
    }
}

impl<T: Real, L: Module<Elem = T> + Layer<T>> Layer<T> for Residual<L> {
    fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        self.forward(x, mode)
    }
}
