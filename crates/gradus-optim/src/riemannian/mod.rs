//! Optimisers that step along manifolds: parameters with a [`gradus_tensor::Manifold`] move by retraction, all others as usual.
//!
//! The Riemannian gradient is the projection of the Euclidean one; the step is retracted, and the momentum transported to the new point.
//! Sources: Absil, Mahony & Sepulchre 2008; Becigneul & Ganea 2019 for Adam, with one second moment a matrix: ‖grad‖², so that the
//! direction stays a tangent.

mod optimise;

use crate::error::{Error, Kind};
use crate::optimiser::Optimise;
use crate::optimiser::leaves::each_leaf;
use crate::optimiser::step::{bad_gradient, checked_rate};
use crate::schedule::{Clock, Constant, Schedule};
use gradus_tensor::{Gradients, LeafId, Manifold, Module, Param, Real, Tensor, Tree, VisitorMut, no_grad};
use rustc_hash::FxHashMap;

/// What one leaf has gathered.
#[derive(Debug)]
struct Memory<T: Real> {
    momentum: Tensor<T>,
    /// The second moment: one number on a manifold, one an entry elsewhere.
    second: Tensor<T>,
    count: i32,
}

#[derive(Clone, Copy, Debug)]
enum Rule {
    /// m ← μ m + g, along −m.
    Momentum(f64),
    /// Adam's β₁, β₂, ε.
    Adam(f64, f64, f64),
}

/// Stochastic gradient descent or Adam along manifolds; the training loop takes it as any optimiser.
///
/// ```
/// use gradus_optim::riemannian::Riemannian;
/// use gradus_optim::schedule::cosine;
/// let sgd = Riemannian::<f32>::sgd(0.1).momentum(0.9);
/// let adam = Riemannian::<f32>::adam(1e-2).schedule(cosine(1_000));
/// ```
pub struct Riemannian<T: Real = f32> {
    rate: f64,
    rule: Rule,
    schedule: Box<dyn Schedule>,
    clock: Clock,
    memory: FxHashMap<LeafId, Memory<T>>,
    /// The leaves that have moved, in the order in which they were first seen.
    names: Vec<(LeafId, String)>,
    unused: Vec<String>,
}

impl<T: Real> std::fmt::Debug for Riemannian<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let leaves = self.memory.len();
        f.debug_struct("Riemannian")
            .field("rate", &self.rate)
            .field("rule", &self.rule)
            .field("leaves", &leaves)
            .finish()
    }
}

impl<T: Real> Riemannian<T> {
    fn new(rate: f64, rule: Rule) -> Self {
        Riemannian {
            rate,
            rule,
            schedule: Box::new(Constant),
            clock: Clock::default(),
            memory: FxHashMap::default(),
            names: Vec::new(),
            unused: Vec::new(),
        }
    }

    /// x ← R_x(−α grad F).
    #[must_use]
    pub fn sgd(rate: f64) -> Self {
        Self::new(rate, Rule::Momentum(0.0))
    }

    /// Adam with β₁ = 0.9, β₂ = 0.999, ε = 1e-8.
    #[must_use]
    pub fn adam(rate: f64) -> Self {
        Self::new(rate, Rule::Adam(0.9, 0.999, 1e-8))
    }

    /// The momentum μ of descent, or β₁ of Adam.
    #[must_use]
    pub fn momentum(mut self, mu: f64) -> Self {
        match &mut self.rule {
            Rule::Momentum(m) | Rule::Adam(m, ..) => *m = mu,
        }
        self
    }

    /// Multiplies the rate by a schedule.
    #[must_use]
    pub fn schedule(mut self, schedule: impl Schedule + 'static) -> Self {
        self.schedule = Box::new(schedule);
        self
    }

    /// Sets the rate α.
    pub fn set_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    /// One step: every leaf of `net` that has a gradient moves.
    ///
    /// # Errors
    /// If the rate is negative or not finite, the momentum not in [0, 1), a weight not on its manifold at its first step, or a gradient not
    /// finite or too large to be squared; nothing has moved then.
    pub fn step<N: Module<Elem = T>>(&mut self, net: &mut N, gradients: &Gradients<T>) -> Result<(), Error> {
        self.try_step(net, gradients).map(drop)
    }

    fn walk<N: Module<Elem = T>>(&mut self, net: &mut N, gradients: &Gradients<T>, rate: f64) {
        struct Walk<'a, T: Real> {
            own: &'a mut Riemannian<T>,
            gradients: &'a Gradients<T>,
            rate: f64,
            /// A leaf that stands in several places moves once, and is put in all.
            moved: FxHashMap<LeafId, Tensor<T>>,
        }
        impl<T: Real> VisitorMut<T> for Walk<'_, T> {
            fn tensor(&mut self, x: &mut Tensor<T>) {
                self.leaf(x, None);
            }
            fn param(&mut self, p: &mut Param<T>) {
                if p.is_frozen() {
                    return;
                }
                let manifold = p.manifold().cloned().filter(|_| p.constraint().is_none());
                p.leaves_mut().iter_mut().for_each(|x| self.leaf(x, manifold.as_deref()));
            }
        }
        impl<T: Real> Walk<'_, T> {
            fn leaf(&mut self, x: &mut Tensor<T>, manifold: Option<&dyn Manifold<T>>) {
                let Some((id, _)) = x.leaf() else { return };
                if let Some(there) = self.moved.get(&id) {
                    *x = there.clone();
                    return;
                }
                let Some(g) = self.gradients.get(x) else { return };
                let to = no_grad(|| self.own.moved(id, &x.detach(), g, manifold, self.rate));
                x.rewrite_leaf(|x| to.view().copy_to(x));
                self.moved.insert(id, x.clone());
            }
        }
        net.visit_mut(&mut Walk { own: self, gradients, rate, moved: FxHashMap::default() });
    }

    /// Refuses a step that could only spoil weights or memory.
    fn check<N: Tree<Elem = T>>(&self, net: &N, gradients: &Gradients<T>) -> Result<(), Error> {
        let name = self.rule.name();
        checked_rate(name, self.rate, self.schedule.at(self.clock), self.clock)?;
        let (Rule::Momentum(mu) | Rule::Adam(mu, ..)) = self.rule;
        if !(0.0..1.0).contains(&mu) {
            return Err(Error::new(Kind::HyperParameter, format!("{name}: momentum must lie in [0, 1), got {mu}")));
        }
        if let Some((leaf, manifold, far)) = self.off_manifold(net) {
            let why = format!(
                "{name}: `{leaf}` lies {far:.1e} outside the manifold {manifold}, where a step along it means nothing; start it there, or \
                 hold it to the same set and bake it, which says how far it moved"
            );
            return Err(Error::new(Kind::HyperParameter, why));
        }
        let mut bad = None;
        each_leaf(net, |at| {
            let square =
                gradients.get(at.leaf).filter(|_| !at.frozen).map(|g| no_grad(|| g.sum_of_squares().item().to_f64()));
            if bad.is_none() && square.is_some_and(|s| !s.is_finite()) {
                bad = Some(at.name());
            }
        });
        bad.map_or(Ok(()), |leaf| {
            let why = bad_gradient(name, &leaf, self.clock, gradients.loss()) + "lower the rate or clip";
            Err(Error::new(Kind::NonFinite, why))
        })
    }

    /// The first leaf that has not moved yet and is no member of its manifold: name, manifold, defect.
    fn off_manifold<N: Tree<Elem = T>>(&self, net: &N) -> Option<(String, String, f64)> {
        let mut found = None;
        each_leaf(net, |at| {
            let Some(m) = at.manifold.filter(|_| !at.constrained && !at.frozen) else { return };
            if found.is_some() || self.memory.contains_key(&at.id) {
                return;
            }
            let far = m.defect(&at.leaf.detach());
            if far.is_nan() || far > T::EPSILON.to_f64().sqrt() {
                found = Some((at.name(), m.name().to_owned(), far));
            }
        });
        found
    }

    /// The new point of a leaf at `x`.
    fn moved(
        &mut self,
        id: LeafId,
        x: &Tensor<T>,
        g: &Tensor<T>,
        manifold: Option<&dyn Manifold<T>>,
        rate: f64,
    ) -> Tensor<T> {
        let g = manifold.map_or_else(|| g.clone(), |m| m.project(x, g));
        let memory = self.memory.entry(id).or_insert_with(|| Memory {
            momentum: x.zeros_like(),
            second: if manifold.is_some() { Tensor::zeros(&[1]).reshape(&[]) } else { x.zeros_like() },
            count: 0,
        });
        memory.count += 1;
        let along = match self.rule {
            Rule::Momentum(mu) => {
                memory.momentum = &memory.momentum * mu + g;
                memory.momentum.clone()
            }
            Rule::Adam(b1, b2, eps) => {
                let square = if manifold.is_some() { g.sum_of_squares() } else { g.square() };
                memory.momentum = &memory.momentum * b1 + &g * (1.0 - b1);
                memory.second = &memory.second * b2 + square * (1.0 - b2);
                let (c1, c2) = (1.0 - b1.powi(memory.count), 1.0 - b2.powi(memory.count));
                &memory.momentum * (1.0 / c1) / ((&memory.second * (1.0 / c2)).sqrt() + eps)
            }
        };
        let step = along * -rate;
        let Some(m) = manifold else { return x + step };
        let to = m.retract(x, &step);
        memory.momentum = m.transport(x, &to, &memory.momentum);
        to
    }
}
