//! Muon for matrices, AdamW for everything else.

use super::adam::{AdamWRecipe, MOMENTS};
use super::{Optimiser, Parts, Recipe};
use crate::transform::{Momentum, Orthogonalise, RateMatch, Scale, WeightDecay};
use gradus_tensor::Real;

/// The parts of [`Muon`]: momentum, Newton–Schulz, decoupled decay; AdamW for leaves that are not matrices.
#[derive(Clone, Copy, Debug)]
pub struct MuonRecipe {
    momentum: Momentum,
    orthogonalise: Orthogonalise,
    decay: f64,
    others: AdamWRecipe,
    /// The rate of the others as a part of Muon's.
    others_rate: f64,
}

/// Muon: W ← (1 − α λ) W − α r·NS(D), D Nesterov's momentum ([`Orthogonalise`]); μ = 0.95, λ = 0.1, five steps.
///
/// Leaves that are not matrices are stepped by AdamW (λ = 0.01) with the rate `others` (3e-4).
/// PyTorch averages the momentum, (1 − μ) in front of the gradient: D differs by that factor only, which the normalisation
/// takes away. PyTorch computes the iteration in bf16, this one in the numbers of the leaf.
///
/// ```
/// use gradus_optim::Muon;
/// let muon = Muon::<f32>::new(0.02).others(3e-4);
/// ```
pub type Muon<T = f32> = Optimiser<MuonRecipe, T>;

impl<T: Real> Muon<T> {
    /// Muon with the rate α on matrices.
    #[must_use]
    pub fn new(rate: f64) -> Self {
        let orthogonalise =
            Orthogonalise { steps: 5, coefficients: Orthogonalise::QUINTIC, eps: 1e-7, rate: RateMatch::Original };
        let recipe = MuonRecipe {
            momentum: Momentum { momentum: 0.95, dampening: 0.0, nesterov: true },
            orthogonalise,
            decay: 0.1,
            others: AdamWRecipe { moments: MOMENTS, decay: 0.01 },
            others_rate: 3e-4 / rate,
        };
        Self::with_recipe(recipe, rate)
    }

    /// Momentum μ, Nesterov's form unless `heavy_ball`.
    #[must_use]
    pub fn momentum(self, momentum: f64) -> Self {
        self.edit(|r| r.momentum.momentum = momentum)
    }

    /// The plain form of the momentum.
    #[must_use]
    pub fn heavy_ball(self) -> Self {
        self.edit(|r| r.momentum.nesterov = false)
    }

    /// Decoupled weight decay λ of the matrices.
    #[must_use]
    pub fn weight_decay(self, decay: f64) -> Self {
        self.edit(|r| r.decay = decay)
    }

    /// How the rate follows the shape of a matrix.
    #[must_use]
    pub fn rate_match(self, rate: RateMatch) -> Self {
        self.edit(|r| r.orthogonalise.rate = rate)
    }

    /// Steps of the Newton–Schulz iteration.
    #[must_use]
    pub fn newton_schulz_steps(self, steps: usize) -> Self {
        self.edit(|r| r.orthogonalise.steps = steps)
    }

    /// The rate of the leaves that are not matrices.
    #[must_use]
    pub fn others(self, rate: f64) -> Self {
        let own = self.rate();
        self.edit(|r| r.others_rate = rate / own)
    }
}

impl<T: Real> Recipe<T> for MuonRecipe {
    fn name(&self) -> &'static str {
        "muon"
    }

    fn parts(&self) -> Parts<T> {
        let mut parts: Parts<T> = Vec::new();
        if self.momentum.momentum != 0.0 {
            parts.push(Box::new(self.momentum));
        }
        parts.push(Box::new(self.orthogonalise));
        parts.push(Box::new(WeightDecay(self.decay)));
        parts
    }

    fn fits(&self, shape: &[usize]) -> bool {
        shape.len() == 2
    }

    fn others(&self) -> Parts<T> {
        let mut parts = self.others.parts();
        parts.push(Box::new(Scale(self.others_rate)));
        parts
    }
}
