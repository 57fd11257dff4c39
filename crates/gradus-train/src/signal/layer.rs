//! The numbers of one layer: moments, prediction, dead and saturated units, losses in a format.

use super::{Signal, Spectrum};
use crate::error::Result;
use gradus_nn::Call;
use gradus_tensor::{Grad, Param, Real, Role, Tensor};
use std::collections::HashMap;

/// A slope below this counts as saturated: tanh beyond |z| = 2.18, the logistic function beyond |z| = 2.89 (against its largest slope ¼).
const FLAT: f64 = 0.05;

/// Mean and variance over all units and samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// E x.
    pub mean: f64,
    /// E (x − E x)².
    pub variance: f64,
}

impl Moments {
    /// Of all numbers of a tensor; of none, not a number.
    pub fn of<T: Real>(x: &Tensor<T>) -> Self {
        let (x, n) = (x.to_vec(), x.len() as f64);
        let mean = x.iter().map(|x| x.to_f64()).sum::<f64>() / n;
        Moments { mean, variance: x.iter().map(|x| (x.to_f64() - mean).powi(2)).sum::<f64>() / n }
    }

    /// E x².
    pub fn mean_square(&self) -> f64 {
        self.variance + self.mean * self.mean
    }
}

/// What one layer did to the batch. A *unit* is one number of a sample's output.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LayerSignal {
    /// The name in the net (`trunk.0`), with a number from the second call on.
    pub name: String,
    /// The layer's type.
    pub kind: String,
    /// The output's shape.
    pub shape: Vec<usize>,
    /// The output y.
    pub activations: Moments,
    /// The gradient ∂L/∂y. (A mean over the batch makes it small by the number of samples; layers are compared with each other.)
    pub gradients: Moments,
    /// For a layer with a weight: n_in · E\[W²\] · E\[x²\] + E\[b²\], what independent weights of mean 0 make E\[y²\] (x is the layer's input, not
    /// centred; n_in the terms of the sum that is one output).
    pub predicted: Option<f64>,
    /// What the layer sends back to its input: its part of ∂L/∂x, Jᵀ ∂L/∂y. (Where several layers share x, ∂L/∂x is the sum of their parts.)
    pub input_gradients: Option<Moments>,
    /// For a layer with a weight: n_out · E\[W²\] · E\[(∂L/∂y)²\], what independent weights of mean 0 make of the mean square of
    /// [`input_gradients`](Self::input_gradients) (n_out the outputs that one input has a part in).
    pub predicted_gradient: Option<f64>,
    /// The share of units that no gradient reaches: ∂L/∂y, or for a function without parameters its slope, is 0 for every sample.
    pub dead: f64,
    /// For an elementwise function: the share of values whose slope is below a twentieth of the largest.
    pub saturated: Option<f64>,
    /// The singular values of ∂y/∂x, where it was taken.
    pub jacobian: Option<Spectrum>,
    /// The share of the output's values that the format loses: not 0 but 0 in the format, or beyond its largest number.
    pub lost_activations: f64,
    /// The same of the gradient's values.
    pub lost_gradients: f64,
}

impl Signal {
    pub(super) fn layer<T: Real>(
        &self,
        call: &Call<T>,
        earlier: usize,
        params: &HashMap<String, Param<T>>,
        gradient: &Tensor<T>,
    ) -> Result<LayerSignal> {
        let own = Own::of(call, params);
        let (y, x) = (&call.output, if let [x] = &call.inputs[..] { Some(x) } else { None });
        let slopes = match x {
            Some(x) if !own.holds && x.shape() == y.shape() => {
                Some(Grad::of(y).cotangent(&Tensor::ones(y.shape())).wrt(x).allow_unused().run()?)
            }
            _ => None,
        };
        let back = x.map(|x| Grad::of(y).cotangent(gradient).wrt(x).allow_unused().run()).transpose()?;
        let dead = dead(gradient).max(slopes.as_ref().map_or(0.0, dead));
        let jacobian = match x {
            Some(x) if self.samples > 0 => Spectrum::of(y, x, self.samples, self.entries)?,
            _ => None,
        };
        Ok(LayerSignal {
            activations: Moments::of(y),
            gradients: Moments::of(gradient),
            predicted: x.and_then(|x| own.predicted(x, y)),
            input_gradients: back.as_ref().map(Moments::of),
            predicted_gradient: x.and_then(|x| own.predicted_gradient(x, y, gradient)),
            dead,
            saturated: slopes.as_ref().map(flat),
            jacobian,
            lost_activations: self.lost(y),
            lost_gradients: self.lost(gradient),
            name: numbered(call, earlier),
            kind: call.kind.clone(),
            shape: y.shape().to_vec(),
        })
    }

    fn lost<T: Real>(&self, x: &Tensor<T>) -> f64 {
        let census = x.census(self.format);
        (census.underflow + census.overflow) as f64 / x.len().max(1) as f64
    }
}

/// The name of a call, with a number from the second on.
fn numbered<T: Real>(call: &Call<T>, earlier: usize) -> String {
    let name = match call.name.as_deref() {
        None => &call.kind,
        Some("") => "(net)",
        Some(name) => name,
    };
    if earlier == 0 { name.to_owned() } else { format!("{name} #{}", earlier + 1) }
}

/// The parameters of one layer.
struct Own<T: Real> {
    /// A weight of two axes or more, and a bias.
    weight: Option<Tensor<T>>,
    bias: Option<Tensor<T>>,
    /// Whether the weight is spread over y and not gathered from x.
    transposed: bool,
    /// Whether there are any parameters, or one cannot tell.
    holds: bool,
}

impl<T: Real> Own<T> {
    fn of(call: &Call<T>, params: &HashMap<String, Param<T>>) -> Self {
        let transposed = call.kind.starts_with("ConvTranspose");
        let Some(name) = &call.name else { return Own { weight: None, bias: None, transposed, holds: true } };
        let prefix = if name.is_empty() { String::new() } else { format!("{name}.") };
        let param = |leaf: &str| params.get(&format!("{prefix}{leaf}"));
        let weight = param("weight").filter(|p| p.role() == Role::Weight).map(|p| p.value().detach());
        Own {
            weight: weight.filter(|w| w.rank() >= 2),
            bias: param("bias").map(|p| p.value().detach()),
            transposed,
            holds: params.keys().any(|p| p.starts_with(&prefix)),
        }
    }

    /// n_in · E[W²] · E[x²] + E[b²].
    fn predicted(&self, x: &Tensor<T>, y: &Tensor<T>) -> Option<f64> {
        let square = |x: &Tensor<T>| Moments::of(x).mean_square();
        let bias = self.bias.as_ref().map_or(0.0, square);
        Some(self.products(x, y)? / y.len().max(1) as f64 * square(self.weight.as_ref()?) * square(x) + bias)
    }

    /// n_out · E[W²] · E[g²].
    fn predicted_gradient(&self, x: &Tensor<T>, y: &Tensor<T>, g: &Tensor<T>) -> Option<f64> {
        let square = |x: &Tensor<T>| Moments::of(x).mean_square();
        Some(self.products(x, y)? / x.len().max(1) as f64 * square(self.weight.as_ref()?) * square(g))
    }

    /// How many products w·x the batch has, those with the zeros of a padding among them: each number of y is a sum of as many as its row
    /// of a matrix or its kernel has entries; under a transposed kernel each number of x goes into so many.
    fn products(&self, x: &Tensor<T>, y: &Tensor<T>) -> Option<f64> {
        let w = self.weight.as_ref()?;
        let (numbers, channels) = match (w.rank(), self.transposed) {
            (2, _) => (y.len(), w.shape()[0]),
            (_, false) => (y.len(), *y.shape().get(1)?),
            (_, true) => (x.len(), *x.shape().get(1)?),
        };
        Some(numbers as f64 * w.len() as f64 / channels.max(1) as f64)
    }
}

/// The share of units whose number is 0 in every sample (along the first axis).
fn dead<T: Real>(x: &Tensor<T>) -> f64 {
    let samples = x.shape().first().copied().unwrap_or(1).max(1);
    let (units, x) = ((x.len() / samples).max(1), x.to_vec());
    let dead = (0..units).filter(|&u| x.iter().skip(u).step_by(units).all(|x| *x == T::ZERO)).count();
    if x.is_empty() { 0.0 } else { dead as f64 / units as f64 }
}

/// The share of slopes below [`FLAT`] times the largest, zeros (which are dead) among them.
fn flat<T: Real>(slopes: &Tensor<T>) -> f64 {
    let slopes: Vec<f64> = slopes.to_vec().iter().map(|s| s.to_f64().abs()).collect();
    let largest = slopes.iter().copied().fold(0.0, f64::max);
    slopes.iter().filter(|s| **s < FLAT * largest || **s == 0.0).count() as f64 / slopes.len().max(1) as f64
}
