//! Stochastic gradient descent with momentum.

use super::{Optimiser, Parts, Recipe};
use crate::transform::{Momentum, WeightDecay};
use gradus_tensor::Real;

/// w ← w − α d, with d the gradient, its momentum, and coupled or decoupled decay. The parts of [`Sgd`].
#[derive(Clone, Copy, Debug)]
pub struct SgdRecipe {
    momentum: Momentum,
    decay: f64,
    decoupled: bool,
}

/// Stochastic gradient descent: w ← w − α·d, d = ∇L + λ w behind heavy-ball or Nesterov momentum.
///
/// ```
/// use gradus_optim::Sgd;
/// let sgd = Sgd::<f32>::new(0.1).momentum(0.9).nesterov().weight_decay(1e-4);
/// ```
pub type Sgd<T = f32> = Optimiser<SgdRecipe, T>;

impl<T: Real> Sgd<T> {
    /// Plain descent with the rate α.
    #[must_use]
    pub fn new(rate: f64) -> Self {
        let momentum = Momentum { momentum: 0.0, dampening: 0.0, nesterov: false };
        Self::with_recipe(SgdRecipe { momentum, decay: 0.0, decoupled: false }, rate)
    }

    /// Momentum μ (see [`Momentum`]); 0 turns it off.
    #[must_use]
    pub fn momentum(self, momentum: f64) -> Self {
        self.edit(|r| r.momentum.momentum = momentum)
    }

    /// Dampening τ of the momentum.
    #[must_use]
    pub fn dampening(self, dampening: f64) -> Self {
        self.edit(|r| r.momentum.dampening = dampening)
    }

    /// Nesterov's form of the momentum.
    #[must_use]
    pub fn nesterov(self) -> Self {
        self.edit(|r| r.momentum.nesterov = true)
    }

    /// Coupled weight decay: the gradient of (λ/2)‖w‖² joins the gradient in front of the momentum (PyTorch's).
    ///
    /// The penalty λ'‖W‖² is the same path at λ = 2λ'.
    #[must_use]
    pub fn weight_decay(self, decay: f64) -> Self {
        self.edit(|r| (r.decay, r.decoupled) = (decay, false))
    }

    /// Decoupled weight decay: w ← (1 − α λ) w − α d (SGDW).
    #[must_use]
    pub fn decoupled_weight_decay(self, decay: f64) -> Self {
        self.edit(|r| (r.decay, r.decoupled) = (decay, true))
    }
}

impl<T: Real> Recipe<T> for SgdRecipe {
    fn name(&self) -> &'static str {
        "sgd"
    }

    fn parts(&self) -> Parts<T> {
        let mut parts: Parts<T> = Vec::new();
        if self.momentum.momentum != 0.0 || self.momentum.nesterov {
            parts.push(Box::new(self.momentum));
        }
        // In front of the momentum the decay is coupled, behind it decoupled.
        parts.insert(if self.decoupled { parts.len() } else { 0 }, Box::new(WeightDecay(self.decay)));
        parts
    }
}
