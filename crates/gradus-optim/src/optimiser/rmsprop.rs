//! RMSprop: steps scaled by a running mean of squared gradients.

use super::{Optimiser, Parts, Recipe};
use crate::transform::{Momentum, RmsScale, WeightDecay};
use gradus_tensor::Real;

/// The parts of [`RmsProp`]: coupled decay, scaling, momentum.
#[derive(Clone, Copy, Debug)]
pub struct RmsPropRecipe {
    scale: RmsScale,
    momentum: f64,
    decay: f64,
}

/// RMSprop: w ← w − α d/(√v + ε) ([`RmsScale`]), with heavy-ball momentum behind; smoothing 0.99, ε = 1e-8.
///
/// ```
/// use gradus_optim::RmsProp;
/// let rms = RmsProp::<f32>::new(1e-4).centered().momentum(0.9);
/// ```
pub type RmsProp<T = f32> = Optimiser<RmsPropRecipe, T>;

impl<T: Real> RmsProp<T> {
    /// RMSprop with the rate α.
    #[must_use]
    pub fn new(rate: f64) -> Self {
        let scale = RmsScale { alpha: 0.99, eps: 1e-8, centered: false };
        Self::with_recipe(RmsPropRecipe { scale, momentum: 0.0, decay: 0.0 }, rate)
    }

    /// The smoothing of the running squares (PyTorch's `alpha`).
    #[must_use]
    pub fn smoothing(self, alpha: f64) -> Self {
        self.edit(|r| r.scale.alpha = alpha)
    }

    /// ε, added to √v.
    #[must_use]
    pub fn eps(self, eps: f64) -> Self {
        self.edit(|r| r.scale.eps = eps)
    }

    /// Divides by the running standard deviation instead of the root mean square.
    #[must_use]
    pub fn centered(self) -> Self {
        self.edit(|r| r.scale.centered = true)
    }

    /// Momentum μ behind the scaling.
    #[must_use]
    pub fn momentum(self, momentum: f64) -> Self {
        self.edit(|r| r.momentum = momentum)
    }

    /// Coupled weight decay λ.
    #[must_use]
    pub fn weight_decay(self, decay: f64) -> Self {
        self.edit(|r| r.decay = decay)
    }
}

impl<T: Real> Recipe<T> for RmsPropRecipe {
    fn name(&self) -> &'static str {
        "rmsprop"
    }

    fn parts(&self) -> Parts<T> {
        let mut parts: Parts<T> = vec![Box::new(WeightDecay(self.decay)), Box::new(self.scale)];
        if self.momentum != 0.0 {
            parts.push(Box::new(Momentum { momentum: self.momentum, dampening: 0.0, nesterov: false }));
        }
        parts
    }
}
