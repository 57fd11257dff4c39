//! A constraint in the training loop: its multiplier is a term of the objective and climbs after every step.

mod climb;
mod feasible;

pub use climb::Climb;
pub use feasible::BestFeasible;
pub use gradus_optim::constrained::Bound;

use gradus_nn::init::Real as _;
use gradus_optim::constrained::Dual;
use gradus_optim::penalty::{At, Penalty};
use gradus_tensor::{Mode, Module, Tensor};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Function<N, B> = dyn Fn(&N, &B, &mut Mode) -> Tensor<<N as gradus_tensor::Tree>::Elem> + Send + Sync;

/// What term and rule share: λ, and Σ (g − γ) over the batches of the present step, with their number.
#[derive(Clone, Copy, Debug, Default)]
struct Shared {
    lambda: f64,
    excess: (f64, f64),
}

fn lock<S>(shared: &Mutex<S>) -> MutexGuard<'_, S> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// λ (g(w) − γ), a term of the objective; made by [`multiplier`].
pub struct Lagrange<N: Module, B> {
    name: String,
    g: Box<Function<N, B>>,
    proxy: Option<Box<Function<N, B>>>,
    level: f64,
    shared: Arc<Mutex<Shared>>,
}

/// The two halves of a constraint: λ (g − γ) for the objective, and the rule by which λ climbs for the trainer.
///
/// `bound` is γ for g ≤ γ, or [`Bound::Equal`]. g may be an estimate on the batch. `dual` moves λ, which starts at 0:
/// [`NuPi`](gradus_optim::constrained::NuPi), or [`Ascent`](gradus_optim::constrained::Ascent) of an optimiser of its own. λ, g and its
/// violation go into the history after every epoch, λ and the rule's memory into the saved state. [`BestFeasible`] keeps the best net that
/// satisfies all constraints.
/// ```
/// use gradus_train::{multiplier, tensor::{Mode, Tensor}, optim::{Objective, constrained::NuPi}};
/// let rule = NuPi { integral: 0.05, proportional: 0.5, nu: 0.0 };
/// let (term, climb) = multiplier("norm", |w: &Tensor, _: &Tensor, _: &mut Mode| w.square().sum(), 1.0, rule);
/// let objective = Objective::new(|w: &Tensor, x: &Tensor, _: &mut Mode| (w - x).square().sum()).with(term);
/// // Trainer::new(objective, …).callback(climb)
/// # assert_eq!(climb.lambda(), 0.0); let _ = objective;
/// ```
pub fn multiplier<N: Module, B, D: Dual>(
    name: &str,
    g: impl Fn(&N, &B, &mut Mode) -> Tensor<N::Elem> + Send + Sync + 'static,
    bound: impl Into<Bound>,
    dual: D,
) -> (Lagrange<N, B>, Climb<N, D>) {
    let (shared, bound) = (Arc::new(Mutex::new(Shared::default())), bound.into());
    let (g, level) = (Box::new(g), bound.level());
    let term = Lagrange { name: name.into(), g, proxy: None, level, shared: shared.clone() };
    (term, Climb::new(name, bound, dual, shared))
}

impl<N: Module, B> Lagrange<N, B> {
    /// g has no useful derivative (a rate of errors): λ follows g, the weights follow `proxy` (Cotter et al. 2019).
    #[must_use]
    pub fn proxy(mut self, proxy: impl Fn(&N, &B, &mut Mode) -> Tensor<N::Elem> + Send + Sync + 'static) -> Self {
        self.proxy = Some(Box::new(proxy));
        self
    }
}

impl<N: Module, B> Penalty<N, B> for Lagrange<N, B> {
    fn name(&self) -> &str {
        &self.name
    }

    fn value(&self, at: At<'_, N, B>) -> Result<Tensor<N::Elem>, gradus_optim::Error> {
        let excess = (self.g)(at.net, at.batch, at.mode) - self.level;
        let lambda = {
            let mut shared = lock(&self.shared);
            shared.excess = (shared.excess.0 + excess.item().to_f64(), shared.excess.1 + 1.0);
            shared.lambda
        };
        Ok(match &self.proxy {
            Some(proxy) => (proxy(at.net, at.batch, at.mode) - self.level) * lambda,
            None => excess * lambda,
        })
    }
}
