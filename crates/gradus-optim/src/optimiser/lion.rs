//! Lion: the sign of an interpolated momentum.

use super::{Optimiser, Parts, Recipe};
use crate::transform::{LionSign, WeightDecay};
use gradus_tensor::Real;

/// The parts of [`Lion`]: sign of the momentum, decoupled decay.
#[derive(Clone, Copy, Debug)]
pub struct LionRecipe {
    sign: LionSign,
    decay: f64,
}

/// Lion: w ← (1 − α λ) w − α sign(β₁ m + (1 − β₁) ∇L) ([`LionSign`]); β = (0.9, 0.99), λ = 0.
///
/// Every weight moves by α a step: take a rate 3 to 10 times smaller than Adam's, and a decay as much larger.
///
/// ```
/// use gradus_optim::Lion;
/// let lion = Lion::<f32>::new(1e-4).weight_decay(0.1);
/// ```
pub type Lion<T = f32> = Optimiser<LionRecipe, T>;

impl<T: Real> Lion<T> {
    /// Lion with the rate α.
    #[must_use]
    pub fn new(rate: f64) -> Self {
        Self::with_recipe(LionRecipe { sign: LionSign { beta1: 0.9, beta2: 0.99 }, decay: 0.0 }, rate)
    }

    /// β₁ of the sign, β₂ of the momentum.
    #[must_use]
    pub fn betas(self, beta1: f64, beta2: f64) -> Self {
        self.edit(|r| r.sign = LionSign { beta1, beta2 })
    }

    /// Decoupled weight decay λ.
    #[must_use]
    pub fn weight_decay(self, decay: f64) -> Self {
        self.edit(|r| r.decay = decay)
    }
}

impl<T: Real> Recipe<T> for LionRecipe {
    fn name(&self) -> &'static str {
        "lion"
    }

    fn parts(&self) -> Parts<T> {
        vec![Box::new(self.sign), Box::new(WeightDecay(self.decay))]
    }
}
