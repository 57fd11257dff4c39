//! Gradient transforms: the small parts that optimisers are chains of.
//!
//! A transform changes a *direction* d, which starts as the gradient; after the last one the driver writes w ← w − α·d.
//! Transforms work on slices: the driver ([`Chain`]) hands one cache-sized chunk after another through the whole chain, so
//! that a chain of five reads memory once. A transform that needs a norm or a whole leaf says so ([`Needs`]), and the
//! driver cuts the chain before it.

mod adagrad;
mod adam;
mod chain;
mod clip;
mod decay;
pub(crate) mod lanes;
mod lion;
mod momentum;
mod muon;
mod rmsprop;
mod scale;

pub use adagrad::AdagradScale;
pub use adam::AdamMoments;
pub use chain::{Chain, LeafState, LeafStep};
pub use clip::{ClipByGlobalNorm, ClipByLeafNorm, ClipByValue, Finite};
pub use decay::WeightDecay;
pub use lanes::Last;
pub use lion::LionSign;
pub use momentum::Momentum;
pub use muon::{Orthogonalise, RateMatch};
pub use rmsprop::RmsScale;
pub use scale::{Scale, ScaleBySchedule};

use crate::schedule::Clock;
use gradus_kernels::Real;

/// What a transform must be given beside its chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: each number by itself.
    Chunk,
    /// The 2-norm of the incoming direction of this leaf, in [`Context::leaf_norm`].
    LeafNorm,
    /// The 2-norm of the incoming directions of all leaves together, in [`Context::global_norm`].
    GlobalNorm,
    /// The leaf in one piece, with its shape (for matrices).
    WholeLeaf,
}

/// The scalars of one step, the same for every chunk of a leaf.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// How many updates this leaf has received, this one included (1 for the first).
    pub count: u64,
    /// Steps and epochs of the optimiser before this one.
    pub clock: Clock,
    /// What stands for the λ of [`WeightDecay`] on this leaf: `None` for the transform's own, 0 to leave the leaf alone.
    pub decay: Option<f64>,
    /// The 2-norm of this leaf's incoming direction, where [`Needs::LeafNorm`] was asked.
    pub leaf_norm: f64,
    /// The 2-norm of all incoming directions, where [`Needs::GlobalNorm`] was asked.
    pub global_norm: f64,
    /// The shape of the leaf.
    pub shape: &'a [usize],
}

/// One part of an optimiser.
pub trait Transform<T: Real>: Send + Sync {
    /// Its name, in messages and in saved states.
    fn name(&self) -> &'static str;

    /// The names of the state slices that it keeps for each leaf, every one as long as the leaf.
    fn slots(&self) -> &'static [&'static str] {
        &[]
    }

    /// What the state slices are filled with before the first update.
    fn initial(&self) -> f64 {
        0.0
    }

    /// What it must be given beside its chunk.
    fn needs(&self) -> Needs {
        Needs::Chunk
    }

    /// Says what is wrong with the hyper-parameters, if something is.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// Changes `direction`, given the weights and the state slices (in the order of [`slots`](Self::slots)) of the same chunk.
    fn apply(&self, at: &Context<'_>, direction: &mut [T], weights: &[T], state: &mut [&mut [T]]);

    /// Whether it leaves this leaf's direction as it is, so that the driver may pass over it.
    fn idle(&self, _at: &Context<'_>) -> bool {
        false
    }

    /// λ, where all it does is d ← d + λ w: at the start of a chain the driver then does it while it reads the gradient, at the end
    /// while it writes the weights.
    fn decay(&self, _at: &Context<'_>) -> Option<f64> {
        None
    }

    /// As the last part: [`apply`](Self::apply) and the write of the weights, with both decays of [`Last`], in one loop; `false` if it has
    /// no such loop (and has done nothing). A chain of one part then reads and writes each number once in one pass.
    fn finish(&self, _at: &Context<'_>, _last: Last<'_, T>, _state: &mut [&mut [T]]) -> bool {
        false
    }
}

fn positive(what: &str, x: f64) -> Result<(), String> {
    if x > 0.0 && x.is_finite() { Ok(()) } else { Err(format!("{what} must be above 0 and finite, got {x}")) }
}

fn not_negative(what: &str, x: f64) -> Result<(), String> {
    if x >= 0.0 && x.is_finite() { Ok(()) } else { Err(format!("{what} must be at least 0 and finite, got {x}")) }
}
