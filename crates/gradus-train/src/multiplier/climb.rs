//! The ascent of a multiplier after every step, and what it has to say after every epoch.

use super::{Bound, Shared, lock};
use crate::callback::{Callback, Step};
use gradus_optim::constrained::{Dual, NuPi};
use gradus_tensor::{Module, Tensor};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

/// The ascent of λ after every step, part of the saved state; made by [`multiplier`](super::multiplier).
///
/// After every epoch the record has `name.multiplier`, `name.value` (g on the full set where it is given, else its mean over the epoch's
/// batches), and `name.violation`, how far that is from what is allowed.
pub struct Climb<N, D: Dual = NuPi> {
    name: String,
    bound: Bound,
    dual: D,
    memory: D::Memory,
    /// λ as the rule sees it: a leaf of one number.
    lambda: Tensor<f64>,
    shared: Arc<Mutex<Shared>>,
    /// Σ (g − γ) over the steps of the present epoch, and their number.
    epoch: (f64, f64),
    full_set: Option<Box<dyn Fn(&N) -> f64 + Send + Sync>>,
}

impl<N, D: Dual> std::fmt::Debug for Climb<N, D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Climb")
            .field("name", &self.name)
            .field("bound", &self.bound)
            .field("lambda", &self.lambda())
            .finish_non_exhaustive()
    }
}

impl<N, D: Dual> Climb<N, D> {
    pub(super) fn new(name: &str, bound: Bound, dual: D, shared: Arc<Mutex<Shared>>) -> Self {
        let lambda = Tensor::zeros(&[1]).tracked();
        let memory = D::Memory::default();
        Climb { name: name.into(), bound, dual, memory, lambda, shared, epoch: (0.0, 0.0), full_set: None }
    }

    /// g is an estimate on the batch; this is its value on the full set, looked at after every epoch.
    #[must_use]
    pub fn full_set(mut self, g: impl Fn(&N) -> f64 + Send + Sync + 'static) -> Self {
        self.full_set = Some(Box::new(g));
        self
    }

    /// λ now.
    pub fn lambda(&self) -> f64 {
        lock(&self.shared).lambda
    }

    fn set(&mut self, lambda: f64) {
        self.lambda.rewrite_leaf(|x| x[0] = lambda);
        lock(&self.shared).lambda = lambda;
    }
}

impl<N: Module, D: Dual> Callback<N> for Climb<N, D> {
    fn name(&self) -> &str {
        &self.name
    }

    fn after_step(&mut self, _: Step<'_, N>) -> ControlFlow<()> {
        let (sum, n) = std::mem::take(&mut lock(&self.shared).excess);
        let excess = sum / n.max(1.0);
        self.epoch = (self.epoch.0 + excess, self.epoch.1 + 1.0);
        if let Err(e) = self.dual.climb(&mut self.memory, &mut self.lambda, &[excess]) {
            tracing::error!(constraint = self.name, "the multiplier cannot climb: {e}");
            return ControlFlow::Break(());
        }
        let lambda = self.lambda.to_vec()[0];
        self.set(self.bound.admit(lambda));
        ControlFlow::Continue(())
    }

    fn numbers(&mut self, net: &N) -> Vec<(String, f64)> {
        let (sum, n) = std::mem::take(&mut self.epoch);
        let value = match &self.full_set {
            Some(g) => g(net),
            None => sum / n.max(1.0) + self.bound.level(),
        };
        let violation = self.bound.violation(value - self.bound.level());
        let named = |what: &str, x: f64| (format!("{}.{what}", self.name), x);
        vec![named("multiplier", self.lambda()), named("value", value), named("violation", violation)]
    }

    fn state(&self) -> Vec<f64> {
        let memory = self.dual.save(&self.memory);
        [self.lambda(), self.epoch.0, self.epoch.1].into_iter().chain(memory).collect()
    }

    fn restore(&mut self, saved: &[f64]) -> Result<(), String> {
        let [lambda, sum, n, memory @ ..] = saved else {
            return Err(format!("expected λ and the sums of an epoch, got {} numbers", saved.len()));
        };
        self.memory = self.dual.load(&mut self.lambda, memory)?;
        self.epoch = (*sum, *n);
        self.set(*lambda);
        Ok(())
    }
}
