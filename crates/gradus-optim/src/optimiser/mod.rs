//! Optimisers: a recipe (the parts of a chain), a rate and its schedule, groups, and the state of every leaf.

mod adagrad;
mod adam;
mod build;
mod group;
pub(crate) mod leaves;
mod lion;
mod muon;
mod rmsprop;
mod sgd;
mod state;
pub(crate) mod step;

pub use adagrad::{Adagrad, AdagradRecipe};
pub use adam::{Adam, AdamRecipe, AdamW, AdamWRecipe};
pub use group::Group;
pub(crate) use group::matches as group_matches;
pub use lion::{Lion, LionRecipe};
pub use muon::{Muon, MuonRecipe};
pub use rmsprop::{RmsProp, RmsPropRecipe};
pub use sgd::{Sgd, SgdRecipe};
pub use state::{Numbers, SavedLeaf, State};

use crate::error::Error;
use crate::schedule::{Clock, Schedule};
use crate::transform::{Chain, LeafState, Transform};
use gradus_tensor::{Gradients, LeafId, Module, Real};
use group::Settings;
use rustc_hash::FxHashMap;

/// The transforms of a chain, in order.
pub type Parts<T> = Vec<Box<dyn Transform<T>>>;

/// What an optimiser is made of: the parts of its chain.
pub trait Recipe<T: Real>: Send + Sync {
    /// Its name, in messages and saved states.
    fn name(&self) -> &'static str;

    /// The parts, in order.
    fn parts(&self) -> Parts<T>;

    /// Whether `parts` can step a leaf of this shape; the others go through [`others`](Self::others).
    fn fits(&self, _shape: &[usize]) -> bool {
        true
    }

    /// The parts for leaves that do not fit.
    fn others(&self) -> Parts<T> {
        Vec::new()
    }
}

/// What moves the leaves of a net against their gradients. The training loop takes any.
pub trait Optimise<T: Real> {
    /// One step; an error leaves no number that is not finite behind.
    ///
    /// # Errors
    /// If a hyper-parameter is out of range, a group matches no leaf, or a gradient is not finite.
    fn try_step<N: Module<Elem = T>>(&mut self, net: &mut N, gradients: &Gradients<T>) -> Result<Stepped, Error>;

    /// Whether it wants the gradients of a step [`elsewhere`](Self::elsewhere) too; the batches of the step are kept until then.
    fn looks_elsewhere(&self) -> bool {
        false
    }

    /// The net moved to where the gradients of this step are to be taken a second time, given those at the weights; `None` where
    /// these will do. The second ones, of the same batches under the same masks, are what [`try_step`](Self::try_step) gets.
    ///
    /// # Errors
    /// If a hyper-parameter is out of range.
    fn elsewhere<N: Module<Elem = T>>(&self, _net: &N, _here: &Gradients<T>) -> Result<Option<N>, Error> {
        Ok(None)
    }

    /// The names of the leaves that received no gradient in the last step.
    fn unused_names(&self) -> Vec<String> {
        Vec::new()
    }

    /// The rate of the next step.
    fn present_rate(&self) -> f64;

    /// Says that an epoch is over: schedules [`by_epoch`](Schedule::by_epoch) move on.
    fn end_epoch(&mut self);

    /// Tells the schedule a metric that should fall ([`plateau`](crate::schedule::plateau)).
    fn observe(&mut self, metric: f64);

    /// Everything that it remembers.
    fn state(&self) -> State;

    /// Takes a saved state back, for the leaves of `net` by name.
    ///
    /// # Errors
    /// If the state comes from another recipe, or names or shapes do not fit.
    fn restore<N: Module<Elem = T>>(&mut self, net: &N, state: &State) -> Result<(), Error>;
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stepped {
    /// The rate α of this step, schedule included.
    pub rate: f64,
    /// Whether the step was skipped because a gradient was not finite.
    pub skipped: bool,
    /// How many leaves received no gradient ([`Optimiser::unused`] names them).
    pub unused: usize,
}

/// What to do with a gradient that is infinite or not a number, or so large that its square is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NonFinite {
    /// Refuse the step with an error that names the leaf.
    Stop,
    /// Leave weights and state as they are, and say so in [`Stepped::skipped`].
    Skip,
    /// Put 0 for what is not a number, and clip everything to [−c, c] with this c.
    Clip(f64),
    /// Do not look.
    Unchecked,
}

/// A recipe with a rate, a schedule, groups of leaves, and the state of every leaf that it has stepped.
///
/// State is keyed by the identity of the leaf, so one optimiser may step several nets; [`state`](Optimise::state) gives it by name.
pub struct Optimiser<R, T: Real = f32> {
    recipe: R,
    rate: f64,
    schedule: Box<dyn Schedule>,
    clock: Clock,
    front: Vec<build::Front>,
    groups: Vec<Group>,
    everything_decays: bool,
    non_finite: NonFinite,
    /// For leaves that fit the recipe, and for the others; made at the first step.
    chains: Option<[Chain<T>; 2]>,
    leaves: FxHashMap<LeafId, Leaf<T>>,
    /// The leaves in the order in which they were first seen.
    order: Vec<LeafId>,
    unused: Vec<LeafId>,
}

/// What an optimiser knows of one leaf.
struct Leaf<T> {
    name: String,
    settings: Settings,
    /// Which of the two chains.
    chain: usize,
    state: LeafState<T>,
}
