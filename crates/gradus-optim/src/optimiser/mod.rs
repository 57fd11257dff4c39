//! Optimisers: a recipe (the parts of a chain), a rate and its schedule.

mod adagrad;
mod adam;
mod lion;
mod muon;
mod rmsprop;
mod sgd;

pub use adagrad::{Adagrad, AdagradRecipe};
pub use adam::{Adam, AdamRecipe, AdamW, AdamWRecipe};
pub use lion::{Lion, LionRecipe};
pub use muon::{Muon, MuonRecipe};
pub use rmsprop::{RmsProp, RmsPropRecipe};
pub use sgd::{Sgd, SgdRecipe};

use crate::error::Error;
use crate::schedule::{Constant, Schedule};
use crate::transform::{Chain, ClipByGlobalNorm, ClipByLeafNorm, ClipByValue, Scale, Transform};
use gradus_kernels::Real;

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

/// A recipe with a rate, a schedule, and transforms in front of the recipe's own.
pub struct Optimiser<R, T = f32> {
    recipe: R,
    rate: f64,
    schedule: Box<dyn Schedule>,
    front: Vec<Front>,
    chain: Option<[Chain<T>; 2]>,
}

/// Transforms that any optimiser can have in front of its own.
#[derive(Clone, Copy, Debug)]
enum Front {
    Negate,
    Value(f64),
    LeafNorm(f64),
    GlobalNorm(f64),
}

impl Front {
    fn part<T: Real>(self) -> Box<dyn Transform<T>> {
        match self {
            Front::Negate => Box::new(Scale(-1.0)),
            Front::Value(c) => Box::new(ClipByValue(c)),
            Front::LeafNorm(c) => Box::new(ClipByLeafNorm(c)),
            Front::GlobalNorm(c) => Box::new(ClipByGlobalNorm(c)),
        }
    }
}

impl<R: Recipe<T>, T: Real> Optimiser<R, T> {
    /// An optimiser with this recipe and the rate α.
    #[must_use]
    pub fn with_recipe(recipe: R, rate: f64) -> Self {
        Optimiser { recipe, rate, schedule: Box::new(Constant), front: Vec::new(), chain: None }
    }

    /// Changes the recipe before the first step.
    #[must_use]
    pub(crate) fn edit(mut self, change: impl FnOnce(&mut R)) -> Self {
        change(&mut self.recipe);
        self.chain = None;
        self
    }

    /// The rate α that the schedule multiplies.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// Multiplies the rate by a schedule.
    #[must_use]
    pub fn schedule(mut self, schedule: impl Schedule + 'static) -> Self {
        self.schedule = Box::new(schedule);
        self
    }

    /// Clips every number of the gradient to [−c, c].
    #[must_use]
    pub fn clip_value(self, c: f64) -> Self {
        self.in_front(Front::Value(c))
    }

    /// Clips the gradient of each leaf to the 2-norm c.
    #[must_use]
    pub fn clip_norm(self, c: f64) -> Self {
        self.in_front(Front::LeafNorm(c))
    }

    /// Clips the gradients of all leaves together to the 2-norm c.
    #[must_use]
    pub fn clip_global_norm(self, c: f64) -> Self {
        self.in_front(Front::GlobalNorm(c))
    }

    /// Climbs instead of descending.
    #[must_use]
    pub fn maximise(self) -> Self {
        self.in_front(Front::Negate)
    }

    fn in_front(mut self, front: Front) -> Self {
        self.front.push(front);
        self.chain = None;
        self
    }

    /// The chains of this optimiser: for leaves that fit its recipe, and for the others.
    pub fn chains(&self) -> Result<[Chain<T>; 2], Error> {
        let with_front = |parts: Parts<T>| {
            let front = self.front.iter().map(|f| f.part());
            Chain::new(front.chain(parts).collect())
        };
        Ok([with_front(self.recipe.parts())?, with_front(self.recipe.others())?])
    }
}
