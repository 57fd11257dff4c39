//! Settings that every optimiser has.

use super::{Group, NonFinite, Optimiser, Parts, Recipe};
use crate::error::{Error, Kind};
use crate::schedule::{Clock, Constant, Schedule};
use crate::transform::{Chain, ClipByGlobalNorm, ClipByLeafNorm, ClipByValue, Finite, Scale, Transform};
use gradus_tensor::Real;
use rustc_hash::FxHashMap;

/// Transforms that any optimiser can have in front of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Front {
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
        Optimiser {
            recipe,
            rate,
            schedule: Box::new(Constant),
            clock: Clock::default(),
            front: Vec::new(),
            groups: Vec::new(),
            everything_decays: false,
            non_finite: NonFinite::Stop,
            chains: None,
            leaves: FxHashMap::default(),
            order: Vec::new(),
            unused: Vec::new(),
        }
    }

    /// Changes the recipe before the first step.
    #[must_use]
    pub(crate) fn edit(mut self, change: impl FnOnce(&mut R)) -> Self {
        change(&mut self.recipe);
        self.chains = None;
        self
    }

    /// The rate α that the schedule multiplies.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// Sets the rate α from the next step on.
    pub fn set_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    /// Multiplies the rate by a schedule.
    #[must_use]
    pub fn schedule(mut self, schedule: impl Schedule + 'static) -> Self {
        self.schedule = Box::new(schedule);
        self
    }

    /// Settings for the leaves with some names; a name that no leaf has is an error at the first step.
    #[must_use]
    pub fn group(mut self, group: Group) -> Self {
        self.groups.push(group);
        self
    }

    /// Lets weight decay act on biases, scales and whatever else there is, too (PyTorch's behaviour).
    ///
    /// By default it acts on weights alone. Free leaves of a constrained weight decay in no case unless a [`Group`] names
    /// them: for W = expm(V − Vᵀ) a decay of V would drag W to the identity.
    #[must_use]
    pub fn decay_everything(mut self) -> Self {
        self.everything_decays = true;
        self
    }

    /// What to do with a gradient that is not finite; [`NonFinite::Stop`] unless told otherwise.
    #[must_use]
    pub fn non_finite(mut self, policy: NonFinite) -> Self {
        self.non_finite = policy;
        self.chains = None;
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
    #[doc(alias = "maximize")]
    pub fn maximise(self) -> Self {
        self.in_front(Front::Negate)
    }

    fn in_front(mut self, front: Front) -> Self {
        self.front.push(front);
        self.chains = None;
        self
    }

    /// The chains of this optimiser: for leaves that fit its recipe, and for the others.
    ///
    /// # Errors
    /// If a hyper-parameter is out of range.
    pub fn chains(&self) -> Result<[Chain<T>; 2], Error> {
        let bad = |what: String| Err(Error::new(Kind::HyperParameter, format!("{}: {what}", self.recipe.name())));
        if !(self.rate.is_finite() && self.rate >= 0.0) {
            return bad(format!("the rate must be at least 0 and finite, got {}", self.rate));
        }
        for group in &self.groups {
            let numbers = [group.rate, group.decay];
            if numbers.iter().flatten().any(|x| !(x.is_finite() && *x >= 0.0)) {
                return bad(format!("group `{}`: factor and decay must be at least 0 and finite", group.pattern));
            }
        }
        let others = self.recipe.others();
        let late = self.front.iter().skip(1).any(|f| matches!(f, Front::GlobalNorm(_)))
            || matches!(self.non_finite, NonFinite::Clip(_))
                && self.front.iter().any(|f| matches!(f, Front::GlobalNorm(_)));
        if !others.is_empty() && late {
            return bad("clip_global_norm must come before every other clip, because two chains share the norm".into());
        }
        let finite = if let NonFinite::Clip(c) = self.non_finite { Some(Finite(c)) } else { None };
        let with_front = |parts: Parts<T>| {
            let finite = finite.map(|f| Box::new(f) as Box<dyn Transform<T>>);
            let front = self.front.iter().map(|f| f.part());
            Chain::new(finite.into_iter().chain(front).chain(parts).collect())
        };
        Ok([with_front(self.recipe.parts())?, with_front(others)?])
    }
}
