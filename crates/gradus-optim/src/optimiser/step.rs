//! The step: leaves out of the net, through their chain, and back; and the state by name.

use super::group::settle;
use super::leaves::{Out, each_leaf};
use super::{Leaf, NonFinite, Numbers, Optimise, Optimiser, Recipe, SavedLeaf, State, Stepped};
use crate::error::{Error, Kind};
use crate::schedule::Clock;
use crate::transform::{Chain, LeafState, LeafStep};
use gradus_tensor::{Gradients, LeafId, Module, Real, Tensor, Tree};
use std::borrow::Cow;

impl<R: Recipe<T>, T: Real> Optimiser<R, T> {
    /// One step: every leaf of `net` that has a gradient moves.
    ///
    /// ```
    /// use gradus_optim::Sgd;
    /// use gradus_tensor::{Tensor, ndarray::array};
    /// let mut w = Tensor::from(array![1.0_f64, -2.0]).tracked();
    /// let mut sgd = Sgd::new(0.25);
    /// let grads = w.square().sum().backward();
    /// sgd.step(&mut w, &grads);
    /// assert_eq!(w.to_vec(), [0.5, -1.0]);
    /// ```
    ///
    /// # Panics
    /// Where [`try_step`](Optimise::try_step) gives an error, with its message.
    #[track_caller]
    pub fn step<N: Module<Elem = T>>(&mut self, net: &mut N, gradients: &Gradients<T>) -> Stepped {
        match self.try_step(net, gradients) {
            Ok(stepped) => stepped,
            Err(error) => panic!("{error}"),
        }
    }

    /// The names of the leaves that received no gradient in the last step (frozen ones apart).
    pub fn unused(&self) -> Vec<&str> {
        self.unused.iter().filter_map(|id| self.leaves.get(id)).map(|l| l.name.as_str()).collect()
    }

    /// Makes the chains, and gets to know leaves that were not seen before.
    fn meet<N: Tree<Elem = T>>(&mut self, net: &N) -> Result<(), Error> {
        if self.chains.is_none() {
            self.chains = Some(self.chains()?);
        }
        let mut known = true;
        each_leaf(net, |at| known &= self.leaves.contains_key(&at.id));
        if known {
            return Ok(());
        }
        let (Some(chains), mut matched) = (&self.chains, vec![false; self.groups.len()]) else { return Ok(()) };
        let (mut names, mut on_manifold) = (Vec::new(), None);
        let (leaves, order) = (&mut self.leaves, &mut self.order);
        each_leaf(net, |at| {
            let name = at.name();
            let mut settings =
                settle(&name, at.role, at.constrained, self.everything_decays, &self.groups, &mut matched);
            settings.frozen |= at.frozen;
            if let (Some(manifold), false) = (at.manifold, settings.frozen) {
                on_manifold.get_or_insert_with(|| (name.clone(), manifold.name().to_owned()));
            }
            names.push(name.clone());
            leaves.entry(at.id).or_insert_with(|| {
                order.push(at.id);
                let chain = usize::from(!self.recipe.fits(at.leaf.shape()));
                Leaf { name, settings, chain, state: chains[chain].fresh(at.leaf.len()) }
            });
        });
        let problem = if let Some(i) = matched.iter().position(|m| !m) {
            let names = names.join("`, `");
            Some((Kind::Name, format!("group `{}` matches no leaf; there are `{names}`", self.groups[i].pattern)))
        } else {
            on_manifold.map(|(name, manifold)| {
                let why =
                    "a plain step would leave it: take a Riemannian optimiser, freeze the leaf, or unset the manifold";
                (Kind::Name, format!("`{name}` lives on the manifold {manifold}; {why}"))
            })
        };
        let Some((kind, message)) = problem else { return Ok(()) };
        // Asked again, the same net must get the same answer.
        self.leaves.clear();
        self.order.clear();
        Err(Error::new(kind, format!("{}: {message}", self.recipe.name())))
    }

    /// Everything of a step that touches numbers: the leaves are out of the net, their states out of the map.
    fn run(&self, work: &mut [Work<'_, T>], leaves: &mut [Tensor<T>], rate: f64) -> Result<bool, usize> {
        let Some(chains) = &self.chains else { return Ok(true) };
        let shapes: Vec<Vec<usize>> = leaves.iter().map(|x| x.shape().to_vec()).collect();
        let mut split: [Vec<(usize, LeafStep<'_, T>)>; 2] = [Vec::new(), Vec::new()];
        for (i, ((w, leaf), shape)) in work.iter_mut().zip(leaves).zip(&shapes).enumerate() {
            let step = LeafStep {
                gradient: &w.gradient,
                weights: leaf.leaf_mut(),
                shape,
                state: &mut w.state,
                rate: rate * w.rate,
                decay: w.decay,
            };
            split[w.chain].push((i, step));
        }
        let both = split.iter().all(|s| !s.is_empty());
        let checked_first = self.non_finite == NonFinite::Skip || both;
        let mut outside = [0.0; 2];
        let mut parts: Vec<(Vec<usize>, Vec<LeafStep<'_, T>>)> =
            split.into_iter().map(|s| s.into_iter().unzip()).collect();
        if checked_first && matches!(self.non_finite, NonFinite::Skip | NonFinite::Stop) {
            for (at, steps) in &parts {
                if let Some(bad) = Chain::first_non_finite(steps) {
                    return if self.non_finite == NonFinite::Skip { Ok(false) } else { Err(at[bad]) };
                }
            }
        }
        if both {
            for k in 0..2 {
                outside[k] = Chain::global_norm(&parts[1 - k].1).powi(2);
            }
        }
        for (k, (at, steps)) in parts.iter_mut().enumerate() {
            if self.non_finite == NonFinite::Stop && !checked_first {
                chains[k].step_checked(self.clock, steps).map_err(|bad| at[bad])?;
            } else {
                chains[k].step_beside(self.clock, steps, outside[k]);
            }
        }
        Ok(true)
    }
}

/// α·factor, refused where the weights would climb or be lost: a schedule is any function.
pub(crate) fn checked_rate(who: &str, rate: f64, factor: f64, clock: Clock) -> Result<f64, Error> {
    let now = rate * factor;
    if now.is_finite() && now >= 0.0 {
        return Ok(now);
    }
    let message = format!(
        "{who}: the rate must be at least 0 and finite, got {rate} times {factor} by the schedule (step {}, epoch {})",
        clock.step + 1,
        clock.epoch
    );
    Err(Error::new(Kind::HyperParameter, message))
}

/// What is said of a gradient that no step may take, up to the way out.
pub(crate) fn bad_gradient<T: Real>(who: &str, leaf: &str, clock: Clock, loss: T) -> String {
    let of = if leaf.is_empty() { String::new() } else { format!(" of `{leaf}`") };
    let loss = loss.to_f64();
    // A diverged loss has hundreds of digits.
    let loss = if loss.abs() >= 1e6 { format!("{loss:e}") } else { loss.to_string() };
    let step = clock.step + 1;
    format!("{who}: the gradient{of} is not finite or too large to be squared (step {step}, loss {loss}); ")
}

/// One leaf's part of a step.
struct Work<'g, T: Real> {
    id: LeafId,
    gradient: Cow<'g, [T]>,
    state: LeafState<T>,
    rate: f64,
    decay: Option<f64>,
    chain: usize,
}

impl<R: Recipe<T>, T: Real> Optimise<T> for Optimiser<R, T> {
    fn try_step<N: Module<Elem = T>>(&mut self, net: &mut N, gradients: &Gradients<T>) -> Result<Stepped, Error> {
        self.meet(net)?;
        let rate = checked_rate(self.recipe.name(), self.rate, self.schedule.at(self.clock), self.clock)?;
        let mut found: Vec<(LeafId, Tensor<T>)> = Vec::with_capacity(self.leaves.len());
        self.unused.clear();
        let (leaves, unused) = (&self.leaves, &mut self.unused);
        each_leaf(net, |at| {
            if leaves.get(&at.id).is_some_and(|l| !l.settings.frozen) && !at.frozen {
                match gradients.get(at.leaf) {
                    Some(g) => found.push((at.id, g.clone())),
                    None => unused.push(at.id),
                }
            }
        });
        let stepped = Stepped { rate, skipped: false, unused: self.unused.len() };
        let mut work: Vec<Work<'_, T>> = Vec::with_capacity(found.len());
        for (id, gradient) in &found {
            let Some(leaf) = self.leaves.get_mut(id) else { continue };
            work.push(Work {
                id: *id,
                gradient: gradient.as_slice().map_or_else(|| gradient.to_vec().into(), Cow::Borrowed),
                state: std::mem::take(&mut leaf.state),
                rate: leaf.settings.rate,
                decay: leaf.settings.decay,
                chain: leaf.chain,
            });
        }
        let mut out = Out::take(net, found.iter().map(|f| f.0));
        let done = self.run(&mut work, &mut out.leaves, rate);
        out.put_back(net);
        let bad = done.as_ref().err().map(|&i| work[i].id);
        for w in work {
            if let Some(leaf) = self.leaves.get_mut(&w.id) {
                leaf.state = w.state;
            }
        }
        if let Some(leaf) = bad.and_then(|id| self.leaves.get(&id)) {
            let found = bad_gradient(self.recipe.name(), &leaf.name, self.clock, gradients.loss());
            return Err(Error::new(Kind::NonFinite, found + "lower the rate, clip, or choose NonFinite::Skip"));
        }
        if done == Ok(false) {
            return Ok(Stepped { skipped: true, ..stepped });
        }
        self.clock.step += 1;
        Ok(stepped)
    }

    fn unused_names(&self) -> Vec<String> {
        self.unused().into_iter().map(str::to_owned).collect()
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
        let mut leaves = Vec::with_capacity(self.order.len());
        if let Some(chains) = &self.chains {
            let names = [chains[0].slots(), chains[1].slots()];
            for leaf in self.order.iter().filter_map(|id| self.leaves.get(id)) {
                let slots = names[leaf.chain].iter().zip(&leaf.state.slots);
                leaves.push(SavedLeaf {
                    name: leaf.name.clone(),
                    count: leaf.state.count,
                    slots: slots.map(|(name, x)| (name.clone(), Numbers::of(x))).collect(),
                });
            }
        }
        State { recipe: self.recipe.name().into(), clock: self.clock, schedule: self.schedule.memory(), leaves }
    }

    fn restore<N: Module<Elem = T>>(&mut self, net: &N, state: &State) -> Result<(), Error> {
        let bad = |message: String| Error::new(Kind::State, format!("restore: {message}"));
        if state.recipe != self.recipe.name() {
            return Err(bad(format!("the state is of `{}`, the optimiser is `{}`", state.recipe, self.recipe.name())));
        }
        self.meet(net)?;
        let Some(chains) = &self.chains else { return Ok(()) };
        let names = [chains[0].slots(), chains[1].slots()];
        let mut restored = Vec::with_capacity(state.leaves.len());
        for saved in &state.leaves {
            let found = self.leaves.iter().find(|(_, leaf)| leaf.name == saved.name);
            let (&id, leaf) = found.ok_or_else(|| bad(format!("the net has no leaf `{}`", saved.name)))?;
            let mut slots = Vec::with_capacity(saved.slots.len());
            let wanted = &names[leaf.chain];
            if !wanted.iter().eq(saved.slots.iter().map(|s| &s.0)) {
                let got: Vec<_> = saved.slots.iter().map(|s| s.0.as_str()).collect();
                return Err(bad(format!("`{}` has the states {got:?}, expected {wanted:?}", saved.name)));
            }
            for ((name, numbers), fresh) in saved.slots.iter().zip(&leaf.state.slots) {
                let numbers = numbers.to::<T>(&saved.name)?;
                if numbers.len() != fresh.len() {
                    let (n, m) = (numbers.len(), fresh.len());
                    return Err(bad(format!("{name} of `{}` has {n} numbers, the leaf {m}", saved.name)));
                }
                slots.push(numbers);
            }
            restored.push((id, LeafState::restored(saved.count, slots)));
        }
        if !state.leaves.is_empty() {
            let mut missing = None;
            each_leaf(net, |at| {
                let name = at.name();
                if missing.is_none() && state.leaves.iter().all(|saved| saved.name != name) {
                    missing = Some(name);
                }
            });
            if let Some(name) = missing {
                return Err(bad(format!("the state has nothing of the leaf `{name}`; it is that of another net")));
            }
        }
        self.schedule.recall(&state.schedule).map_err(bad)?;
        for (id, state) in restored {
            if let Some(leaf) = self.leaves.get_mut(&id) {
                leaf.state = state;
            }
        }
        self.clock = state.clock;
        Ok(())
    }
}
