//! Adagrad: steps that shrink with the sum of squared gradients.

use super::{Optimiser, Parts, Recipe};
use crate::transform::{AdagradScale, WeightDecay};
use gradus_tensor::Real;

/// The parts of [`Adagrad`]: coupled decay, scaling.
#[derive(Clone, Copy, Debug)]
pub struct AdagradRecipe {
    scale: AdagradScale,
    decay: f64,
}

/// Adagrad: w ← w − α d/(√Σd² + ε) ([`AdagradScale`]); ε = 1e-10.
///
/// ```
/// use gradus_optim::Adagrad;
/// let adagrad = Adagrad::<f32>::new(0.01).initial(0.1);
/// ```
pub type Adagrad<T = f32> = Optimiser<AdagradRecipe, T>;

impl<T: Real> Adagrad<T> {
    /// Adagrad with the rate α.
    #[must_use]
    pub fn new(rate: f64) -> Self {
        let scale = AdagradScale { initial: 0.0, rate_decay: 0.0, eps: 1e-10 };
        Self::with_recipe(AdagradRecipe { scale, decay: 0.0 }, rate)
    }

    /// What the sum of squares starts from.
    #[must_use]
    pub fn initial(self, initial: f64) -> Self {
        self.edit(|r| r.scale.initial = initial)
    }

    /// η of the rate α/(1 + (t − 1) η).
    #[must_use]
    pub fn rate_decay(self, decay: f64) -> Self {
        self.edit(|r| r.scale.rate_decay = decay)
    }

    /// ε, added to the root.
    #[must_use]
    pub fn eps(self, eps: f64) -> Self {
        self.edit(|r| r.scale.eps = eps)
    }

    /// Coupled weight decay λ.
    #[must_use]
    pub fn weight_decay(self, decay: f64) -> Self {
        self.edit(|r| r.decay = decay)
    }
}

impl<T: Real> Recipe<T> for AdagradRecipe {
    fn name(&self) -> &'static str {
        "adagrad"
    }

    fn parts(&self) -> Parts<T> {
        vec![Box::new(WeightDecay(self.decay)), Box::new(self.scale)]
    }
}
