//! Functions without parameters as layers, for [`Sequential`](crate::Sequential).

use crate::layer::{Layer, without_leaves};
use gradus_tensor::{Mode, Real, Tensor};
use std::fmt;

/// A named function of a tensor as a layer: `Activation::new("relu", Tensor::relu)`, or one of the ready ones.
#[derive(Clone, Copy)]
pub struct Activation<T: Real = f32> {
    name: &'static str,
    f: fn(&Tensor<T>) -> Tensor<T>,
}

impl<T: Real> Activation<T> {
    /// A function as a layer.
    pub fn new(name: &'static str, f: fn(&Tensor<T>) -> Tensor<T>) -> Self {
        Activation { name, f }
    }

    /// max(x, 0).
    pub fn relu() -> Self {
        Activation::new("relu", Tensor::relu)
    }

    /// tanh x.
    pub fn tanh() -> Self {
        Activation::new("tanh", Tensor::tanh)
    }

    /// 1/(1 + e⁻ˣ).
    pub fn sigmoid() -> Self {
        Activation::new("sigmoid", Tensor::sigmoid)
    }

    /// ln(1 + eˣ).
    pub fn softplus() -> Self {
        Activation::new("softplus", Tensor::softplus)
    }

    /// The name.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

impl<T: Real> fmt::Debug for Activation<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Activation({})", self.name)
    }
}

impl<T: Real> Layer<T> for Activation<T> {
    fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        mode.report(self, &[x], (self.f)(x))
    }
}

without_leaves!(Activation: |activation| activation.name);
