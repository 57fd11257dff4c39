//! Riemannian optimisers as the training loop knows optimisers: schedule, names, saved state.

use super::{Memory, Riemannian, Rule};
use crate::error::{Error, Kind};
use crate::optimiser::leaves::each_leaf;
use crate::optimiser::{Numbers, Optimise, SavedLeaf, State, Stepped};
use gradus_tensor::{Gradients, LeafId, Module, Real, Tensor, Tree};

impl Rule {
    pub(super) fn name(self) -> &'static str {
        match self {
            Rule::Momentum(_) => "riemannian_sgd",
            Rule::Adam(..) => "riemannian_adam",
        }
    }
}

/// Every leaf of a net that is not frozen: identity, name, shape.
fn leaves<N: Tree + ?Sized>(net: &N) -> Vec<(LeafId, String, Vec<usize>)> {
    let mut all = Vec::new();
    each_leaf(net, |at| {
        if !at.frozen {
            all.push((at.id, at.name(), at.leaf.shape().to_vec()));
        }
    });
    all
}

impl<T: Real> Optimise<T> for Riemannian<T> {
    fn try_step<N: Module<Elem = T>>(&mut self, net: &mut N, gradients: &Gradients<T>) -> Result<Stepped, Error> {
        self.check(net, gradients)?;
        let rate = self.present_rate();
        self.unused.clear();
        each_leaf(net, |at| match gradients.get(at.leaf) {
            _ if at.frozen => {}
            None => self.unused.push(at.name()),
            Some(_) if self.names.iter().any(|(known, _)| *known == at.id) => {}
            Some(_) => self.names.push((at.id, at.name())),
        });
        self.walk(net, gradients, rate);
        self.clock.step += 1;
        Ok(Stepped { rate, skipped: false, unused: self.unused.len() })
    }

    fn unused_names(&self) -> Vec<String> {
        self.unused.clone()
    }

    fn present_rate(&self) -> f64 {
        self.rate * self.schedule.at(self.clock)
    }

    fn end_epoch(&mut self) {
        self.clock.epoch += 1;
    }

    fn observe(&mut self, metric: f64) {
        self.schedule.observe(metric);
    }

    fn state(&self) -> State {
        let saved = |(id, name): &(LeafId, String)| {
            let memory = self.memory.get(id)?;
            let slots = [("momentum", &memory.momentum), ("second", &memory.second)];
            Some(SavedLeaf {
                name: name.clone(),
                count: memory.count as u64,
                slots: slots.map(|(name, x)| (name.to_owned(), Numbers::of(&x.to_vec()))).to_vec(),
            })
        };
        State {
            recipe: self.rule.name().into(),
            clock: self.clock,
            schedule: self.schedule.memory(),
            leaves: self.names.iter().filter_map(saved).collect(),
        }
    }

    fn restore<N: Module<Elem = T>>(&mut self, net: &N, state: &State) -> Result<(), Error> {
        let bad = |message: String| Error::new(Kind::State, format!("restore: {message}"));
        if state.recipe != self.rule.name() {
            return Err(bad(format!("the state is of `{}`, the optimiser is `{}`", state.recipe, self.rule.name())));
        }
        let all = leaves(net);
        let mut restored = Vec::with_capacity(state.leaves.len());
        for saved in &state.leaves {
            let found = all.iter().find(|(_, name, _)| *name == saved.name);
            let (id, name, shape) = found.ok_or_else(|| bad(format!("the net has no leaf `{}`", saved.name)))?;
            let [(_, momentum), (_, second)] = &saved.slots[..] else {
                return Err(bad(format!("`{name}` has {} states, expected momentum and second", saved.slots.len())));
            };
            let (momentum, second) = (momentum.to::<T>(name)?, second.to::<T>(name)?);
            let size = shape.iter().product::<usize>();
            // One number on a manifold, one an entry elsewhere.
            if momentum.len() != size || (second.len() != size && second.len() != 1) {
                return Err(bad(format!("momentum of `{name}` has {} numbers, the leaf {size}", momentum.len())));
            }
            let second = Tensor::from_slice(if second.len() == size { shape } else { &[] }, &second);
            let count = i32::try_from(saved.count).map_err(|e| bad(format!("the count of `{name}`: {e}")))?;
            let memory = Memory { momentum: Tensor::from_slice(shape, &momentum), second, count };
            restored.push((*id, name.clone(), memory));
        }
        self.schedule.recall(&state.schedule).map_err(bad)?;
        self.clock = state.clock;
        for (id, name, memory) in restored {
            self.memory.insert(id, memory);
            self.names.retain(|(known, _)| *known != id);
            self.names.push((id, name));
        }
        Ok(())
    }
}
