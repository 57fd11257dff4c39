//! Layer normalisation: each sample brought to mean 0 and variance 1 over its features.

use super::check_eps;
use crate::layer::Layer;
use gradus_derive::Module;
use gradus_tensor::extend::refuse;
use gradus_tensor::{Mode, Param, Real, Role, Tensor};

/// Layer normalisation `y = γ (x − m)/√(σ² + ε) + δ` with m and σ² (biased) over the last axes (Ba, Kiros & Hinton 2016).
///
/// Shapes: x `[.., shape]`, γ and δ `shape`. The same in training and evaluation; ε = 1e-5.
///
/// # Panics
/// If the last axes of x are not `shape`.
#[derive(Debug, Module)]
pub struct LayerNorm<T: Real = f32> {
    weight: Option<Param<T>>,
    bias: Option<Param<T>>,
    #[module(skip)]
    shape: Vec<usize>,
    eps: f64,
}

impl<T: Real> LayerNorm<T> {
    /// Over the last axes, of these lengths, with γ = 1 and δ = 0 to be learnt.
    ///
    /// # Panics
    /// If no axes are named: a single number has no variance.
    #[track_caller]
    pub fn new(shape: &[usize]) -> Self {
        assert!(!shape.is_empty(), "layer_norm: needs the lengths of one axis or more, got []");
        LayerNorm {
            weight: Some(Param::new(&Tensor::ones(shape), Role::Scale)),
            bias: Some(Param::new(&Tensor::zeros(shape), Role::Bias)),
            shape: shape.to_vec(),
            eps: 1e-5,
        }
    }

    /// With another ε.
    ///
    /// # Panics
    /// If ε is not finite and positive.
    #[track_caller]
    #[must_use]
    pub fn eps(mut self, eps: f64) -> Self {
        check_eps("layer_norm", eps);
        self.eps = eps;
        self
    }

    /// Without γ and δ.
    #[must_use]
    pub fn plain(mut self) -> Self {
        (self.weight, self.bias) = (None, None);
        self
    }

    /// The output for the input `x`.
    #[track_caller]
    pub fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        let k = self.shape.len();
        if !x.shape().ends_with(&self.shape) {
            refuse(&format!("layer_norm: the last axes of x must be {:?}, got x {:?}", self.shape, x.shape()));
        }
        let n: usize = self.shape.iter().product();
        let rows = x.reshape(&[x.shape()[..x.rank() - k].iter().product(), n]);
        let y = match (&self.weight, &self.bias) {
            (Some(gamma), Some(delta)) => {
                rows.layer_norm(&gamma.value().reshape(&[n]), &delta.value().reshape(&[n]), self.eps)
            }
            _ => rows.layer_norm(&Tensor::ones(&[n]), &Tensor::zeros(&[n]), self.eps),
        };
        mode.report(self, &[x], y.reshape(x.shape()))
    }
}

impl<T: Real> Layer<T> for LayerNorm<T> {
    fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        self.forward(x, mode)
    }
}
