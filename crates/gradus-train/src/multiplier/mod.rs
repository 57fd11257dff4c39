//! A constraint g(w) ≤ γ in the training loop: its multiplier is a term of the objective and climbs after every step.

use crate::callback::{Callback, Step};
use gradus_nn::init::Real as _;
use gradus_optim::constrained::NuPi;
use gradus_optim::penalty::{At, Penalty};
use gradus_tensor::{Mode, Module, Tensor};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Function<N, B> = dyn Fn(&N, &B, &mut Mode) -> Tensor<<N as gradus_tensor::Tree>::Elem> + Send + Sync;

/// λ, and what it follows.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    lambda: f64,
    smoothed: Option<f64>,
    /// Σ (g − γ) over the batches of the present step, and their number.
    excess: (f64, f64),
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// λ (g(w) − γ), a term of the objective; made by [`multiplier`].
pub struct Lagrange<N: Module, B> {
    name: String,
    g: Box<Function<N, B>>,
    bound: f64,
    state: Arc<Mutex<State>>,
}

/// The ascent of λ after every step, part of the saved state; made by [`multiplier`].
#[derive(Debug)]
pub struct Climb {
    name: String,
    rule: NuPi,
    state: Arc<Mutex<State>>,
}

/// The two halves of a constraint g(w) ≤ γ: λ (g − γ) for the objective, and the rule by which λ ≥ 0 climbs for the trainer.
///
/// g may be an estimate on the batch. λ starts at 0 and is saved with the run. Source: Sohrabi et al. 2024 for the rule.
/// ```
/// use gradus_train::{multiplier, tensor::{Mode, Tensor}, optim::{Objective, constrained::NuPi}};
/// let rule = NuPi { integral: 0.05, proportional: 0.5, nu: 0.0 };
/// let (term, climb) = multiplier("norm", |w: &Tensor, _: &Tensor, _: &mut Mode| w.square().sum(), 1.0, rule);
/// let objective = Objective::new(|w: &Tensor, x: &Tensor, _: &mut Mode| (w - x).square().sum()).with(term);
/// // Trainer::new(objective, …).callback(climb)
/// # assert_eq!(climb.lambda(), 0.0); let _ = objective;
/// ```
pub fn multiplier<N: Module, B>(
    name: &str,
    g: impl Fn(&N, &B, &mut Mode) -> Tensor<N::Elem> + Send + Sync + 'static,
    bound: f64,
    rule: NuPi,
) -> (Lagrange<N, B>, Climb) {
    let state = Arc::new(Mutex::new(State::default()));
    let term = Lagrange { name: name.into(), g: Box::new(g), bound, state: state.clone() };
    (term, Climb { name: name.into(), rule, state })
}

impl Climb {
    /// λ now.
    pub fn lambda(&self) -> f64 {
        lock(&self.state).lambda
    }
}

impl<N: Module, B> Penalty<N, B> for Lagrange<N, B> {
    fn name(&self) -> &str {
        &self.name
    }

    fn value(&self, at: At<'_, N, B>) -> Result<Tensor<N::Elem>, gradus_optim::Error> {
        let excess = (self.g)(at.net, at.batch, at.mode) - self.bound;
        let mut state = lock(&self.state);
        state.excess = (state.excess.0 + excess.item().to_f64(), state.excess.1 + 1.0);
        Ok(excess * state.lambda)
    }
}

impl<N: Module> Callback<N> for Climb {
    fn name(&self) -> &str {
        &self.name
    }

    fn after_step(&mut self, _: Step<'_, N>) -> ControlFlow<()> {
        let mut state = lock(&self.state);
        let (sum, n) = std::mem::take(&mut state.excess);
        let NuPi { integral, proportional, nu } = self.rule;
        let excess = sum / n.max(1.0);
        let before = state.smoothed.unwrap_or(excess);
        let now = nu * before + (1.0 - nu) * excess;
        state.lambda = (state.lambda + integral * now + proportional * (now - before)).max(0.0);
        state.smoothed = Some(now);
        ControlFlow::Continue(())
    }

    fn state(&self) -> Vec<f64> {
        let state = lock(&self.state);
        std::iter::once(state.lambda).chain(state.smoothed).collect()
    }

    fn restore(&mut self, saved: &[f64]) -> Result<(), String> {
        let (&[lambda], smoothed) = saved.split_at(saved.len().min(1)) else {
            return Err("expected λ, got nothing".into());
        };
        *lock(&self.state) = State { lambda, smoothed: smoothed.first().copied(), excess: (0.0, 0.0) };
        Ok(())
    }
}
