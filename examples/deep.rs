//! Deep nets of equally wide layers without bias: what the examples on initialisation train.

use crate::digits_data::{Batch, Digits, accuracy, batch};
use crate::square;
use gradus::init::Scheme;
use gradus::nn::{Linear, Module, cross_entropy};
use gradus::optim::Sgd;
use gradus::rand::{Rng, rngs::Xoshiro256PlusPlus};
use gradus::tensor::{Error, Grad, Mode, Tensor};
use std::sync::Arc;

/// h₀ = x, zₗ = Wₗ hₗ₋₁, hₗ = f(zₗ), logits = V h_D + c.
#[derive(Debug, Module)]
pub struct Deep {
    layers: Vec<Linear>,
    head: Linear,
    #[module(skip)]
    f: fn(&Tensor) -> Tensor,
}

impl Deep {
    /// `depth` layers of `width` units on the 64 pixels of a digit.
    pub fn new(
        depth: usize,
        width: usize,
        scheme: &Arc<dyn Scheme>,
        f: fn(&Tensor) -> Tensor,
        rng: &mut impl Rng,
    ) -> Self {
        let mut layer = |n_in| Linear::builder(n_in, width).bias(false).init(scheme.clone()).build(rng);
        let layers = (0..depth).map(|k| layer(if k == 0 { 64 } else { width })).collect();
        Deep { layers, head: Linear::new(width, 10, rng), f }
    }

    /// All zₗ, and h_D.
    pub fn trunk(&self, x: &Tensor) -> (Vec<Tensor>, Tensor) {
        let (mut h, mut all) = (x.clone(), Vec::new());
        for layer in &self.layers {
            let z = layer.forward(&h, &mut Mode::eval());
            h = (self.f)(&z);
            all.push(z);
        }
        (all, h)
    }

    /// The logits.
    pub fn logits(&self, x: &Tensor) -> Tensor {
        self.head.forward(&self.trunk(x).1, &mut Mode::eval())
    }

    /// Mean squares of all zₗ and of their gradients ∂L/∂zₗ.
    ///
    /// # Errors
    /// If the loss does not depend on a layer.
    pub fn signals(&self, (x, y): &Batch) -> Result<[Vec<f64>; 2], Error> {
        let (z, h) = self.trunk(x);
        let loss = cross_entropy(&self.head.forward(&h, &mut Mode::eval()), y);
        let slopes = Grad::of(&loss).wrt(&z).run()?;
        let mean_square = |all: &[Tensor]| all.iter().map(|z| square(z) / z.len() as f64).collect();
        Ok([mean_square(&z), mean_square(&slopes)])
    }

    /// Gradient descent with momentum 0.9 in batches of 64, for `steps` steps or until the mean of the last losses (each weighs 0.9 of
    /// the next) is below `target`; answers with the steps taken, or `None` where the loss exceeds 10⁴; the
    /// gradient is clipped to norm 1.
    pub fn descend(
        &mut self,
        data: &Digits,
        rate: f64,
        steps: usize,
        target: f64,
        rng: &mut Xoshiro256PlusPlus,
    ) -> Option<usize> {
        let (mut sgd, mut mean, mut taken) = (Sgd::new(rate).momentum(0.9).clip_global_norm(1.0), 10_f64.ln(), 0);
        while taken < steps {
            for part in data.set.batches(64, rng) {
                let (x, y) = batch(&part);
                let grads = cross_entropy(&self.logits(&x), &y).backward();
                if !grads.loss().is_finite() || grads.loss() > 1e4 {
                    return None;
                }
                mean += 0.1 * (f64::from(grads.loss()) - mean);
                sgd.step(self, &grads);
                taken += 1;
                if mean < target || taken == steps {
                    return Some(taken);
                }
            }
        }
        Some(taken)
    }

    /// The training loss and the test accuracy.
    pub fn score(&self, data: &Digits) -> (f64, f64) {
        let loss = cross_entropy(&self.logits(&data.train.0), &data.train.1).item();
        (f64::from(loss), accuracy(&self.logits(&data.test.0), &data.test.1))
    }
}
