//! Adam and AdamW, each with AMSGrad.

use super::{Optimiser, Parts, Recipe};
use crate::transform::{AdamMoments, WeightDecay};
use gradus_tensor::Real;

/// The parts of [`Adam`]: coupled decay, then moments.
#[derive(Clone, Copy, Debug)]
pub struct AdamRecipe {
    moments: AdamMoments,
    decay: f64,
}

/// The parts of [`AdamW`]: moments, then decoupled decay.
#[derive(Clone, Copy, Debug)]
pub struct AdamWRecipe {
    pub(super) moments: AdamMoments,
    pub(super) decay: f64,
}

/// Adam: w ← w − α m̂/(√v̂ + ε) ([`AdamMoments`]); β = (0.9, 0.999), ε = 1e-8.
///
/// ```
/// use gradus_optim::Adam;
/// let adam = Adam::<f32>::new(1e-3).betas(0.9, 0.99).amsgrad();
/// ```
pub type Adam<T = f32> = Optimiser<AdamRecipe, T>;

/// AdamW: w ← (1 − α λ) w − α m̂/(√v̂ + ε); λ = 0.01, β = (0.9, 0.999), ε = 1e-8. Source: Loshchilov & Hutter 2019.
///
/// ```
/// use gradus_optim::AdamW;
/// let adam = AdamW::<f32>::new(1e-3).weight_decay(0.05);
/// ```
pub type AdamW<T = f32> = Optimiser<AdamWRecipe, T>;

pub(super) const MOMENTS: AdamMoments = AdamMoments { beta1: 0.9, beta2: 0.999, eps: 1e-8, amsgrad: false };

macro_rules! shared_options {
    ($Name:ident, $Recipe:ident) => {
        impl<T: Real> $Name<T> {
            /// The decay rates β₁ and β₂ of the moments.
            #[must_use]
            pub fn betas(self, beta1: f64, beta2: f64) -> Self {
                self.edit(|r| (r.moments.beta1, r.moments.beta2) = (beta1, beta2))
            }

            /// ε, added to √v̂.
            #[must_use]
            pub fn eps(self, eps: f64) -> Self {
                self.edit(|r| r.moments.eps = eps)
            }

            /// Divides by the largest second moment so far (Reddi et al. 2018).
            #[must_use]
            pub fn amsgrad(self) -> Self {
                self.edit(|r| r.moments.amsgrad = true)
            }
        }
    };
}
shared_options!(Adam, AdamRecipe);
shared_options!(AdamW, AdamWRecipe);

impl<T: Real> Adam<T> {
    /// Adam with the rate α.
    #[must_use]
    pub fn new(rate: f64) -> Self {
        Self::with_recipe(AdamRecipe { moments: MOMENTS, decay: 0.0 }, rate)
    }

    /// Coupled weight decay λ: λ w joins the gradient in front of the moments (for the decoupled form take [`AdamW`]).
    #[must_use]
    pub fn weight_decay(self, decay: f64) -> Self {
        self.edit(|r| r.decay = decay)
    }
}

impl<T: Real> AdamW<T> {
    /// AdamW with the rate α.
    #[must_use]
    pub fn new(rate: f64) -> Self {
        Self::with_recipe(AdamWRecipe { moments: MOMENTS, decay: 0.01 }, rate)
    }

    /// Decoupled weight decay λ.
    #[must_use]
    pub fn weight_decay(self, decay: f64) -> Self {
        self.edit(|r| r.decay = decay)
    }
}

impl<T: Real> Recipe<T> for AdamRecipe {
    fn name(&self) -> &'static str {
        "adam"
    }

    fn parts(&self) -> Parts<T> {
        vec![Box::new(WeightDecay(self.decay)), Box::new(self.moments)]
    }
}

impl<T: Real> Recipe<T> for AdamWRecipe {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn parts(&self) -> Parts<T> {
        vec![Box::new(self.moments), Box::new(WeightDecay(self.decay))]
    }
}
