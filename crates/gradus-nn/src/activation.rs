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

    /// x Φ(x) (Hendrycks & Gimpel 2016).
    pub fn gelu() -> Self {
        Activation::new("gelu", Tensor::gelu)
    }

    /// x σ(x), also called swish.
    #[doc(alias = "swish")]
    pub fn silu() -> Self {
        Activation::new("silu", Tensor::silu)
    }

    /// x tanh(ln(1 + eˣ)).
    pub fn mish() -> Self {
        Activation::new("mish", Tensor::mish)
    }

    /// x where it is positive, elsewhere eˣ − 1.
    pub fn elu() -> Self {
        Activation::new("elu", |x| x.elu(1.0))
    }

    /// λx where it is positive, elsewhere λα(eˣ − 1), with λ and α that keep mean 0 and variance 1 (Klambauer et al. 2017).
    pub fn selu() -> Self {
        Activation::new("selu", Tensor::selu)
    }

    /// x where it is positive, elsewhere x/100; for another slope `Activation::new("leaky", |x| x.leaky_relu(0.2))`.
    pub fn leaky_relu() -> Self {
        Activation::new("leaky_relu", |x| x.leaky_relu(0.01))
    }

    /// x/(1 + |x|).
    pub fn softsign() -> Self {
        Activation::new("softsign", Tensor::softsign)
    }

    /// x clamped to [−1, 1].
    pub fn hard_tanh() -> Self {
        Activation::new("hard_tanh", Tensor::hard_tanh)
    }

    /// ln σ(x).
    pub fn log_sigmoid() -> Self {
        Activation::new("log_sigmoid", Tensor::log_sigmoid)
    }

    /// Exponentials over the last axis, divided by their sum.
    pub fn softmax() -> Self {
        Activation::new("softmax", Tensor::softmax)
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
