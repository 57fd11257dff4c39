//! Constrained problems: F(w) → min subject to g_i(w) ≤ γ_i or = γ_i, by multipliers, and back to penalties.
//!
//! The Lagrangian is F + Σ λ_i (g_i − γ_i), with λ_i ≥ 0 for inequalities: at a solution with multipliers λ the penalised risk
//! F + Σ λ_i g_i is stationary too, so a penalty's λ is the price of its γ ([`Bridge`]).
//!
//! ```
//! use gradus_optim::constrained::{AugmentedLagrangian, ConstrainedProblem};
//! use gradus_tensor::{Tensor, ndarray::array};
//! let risk = |w: &Tensor<f64>| w.square().sum();
//! let mut w = Tensor::from(array![0.0_f64, 0.0]).tracked();
//! let solved = ConstrainedProblem::new(&risk)
//!     .equal("sum", |w: &Tensor<f64>| w.sum(), 1.0)
//!     .solve(AugmentedLagrangian::default(), &mut w)?;
//! assert!((solved.multiplier("sum") + 1.0).abs() < 1e-6);
//! assert!(solved.kkt().largest() < 1e-6);
//! # Ok::<(), gradus_optim::Error>(())
//! ```

mod augmented;
mod bound;
mod bridge;
mod descent_ascent;
mod dual;
mod kkt;
pub mod project;
mod projected;

pub use augmented::{AugmentedLagrangian, QuadraticPenalty};
pub use bound::Bound;
pub use bridge::{Bridge, Point};
pub use descent_ascent::LagrangianDescentAscent;
pub use dual::{Ascent, Dual, NuPi};
pub use kkt::{Kkt, Solved, Turn};
pub use projected::{Convex, Projected};

use crate::error::{Error, Kind};
use gradus_kernels::Real as _;
use gradus_tensor::{Module, Tensor};

type Function<'f, N> = Box<dyn Fn(&N) -> Tensor<<N as gradus_tensor::Tree>::Elem> + 'f>;

/// One constraint.
struct Constraint<'f, N: Module> {
    name: String,
    /// g as multipliers follow it: the function itself, or an estimate of it.
    value: Function<'f, N>,
    /// What is differentiated in its place, where g has no useful derivative.
    proxy: Option<Function<'f, N>>,
    /// g on the full set, where `value` is an estimate.
    full: Option<Function<'f, N>>,
    bound: Bound,
}

impl<N: Module> Constraint<'_, N> {
    /// g − γ, differentiable.
    fn smooth(&self, net: &N) -> Tensor<N::Elem> {
        self.proxy.as_ref().unwrap_or(&self.value)(net) - self.bound.level()
    }
}

/// F(w) → min subject to constraints, each with a name.
pub struct ConstrainedProblem<'f, N: Module> {
    risk: Function<'f, N>,
    full_risk: Option<Function<'f, N>>,
    constraints: Vec<Constraint<'f, N>>,
}

fn number<N: Module>(f: &Function<'_, N>, net: &N) -> f64 {
    f(net).item().to_f64()
}

impl<'f, N: Module> ConstrainedProblem<'f, N> {
    /// The risk F, no constraints yet.
    pub fn new(risk: &'f impl Fn(&N) -> Tensor<N::Elem>) -> Self {
        ConstrainedProblem { risk: Box::new(risk), full_risk: None, constraints: Vec::new() }
    }

    fn add(mut self, name: &str, value: Function<'f, N>, bound: Bound) -> Self {
        self.constraints.push(Constraint { name: name.to_owned(), value, proxy: None, full: None, bound });
        self
    }

    #[track_caller]
    fn last(&mut self, asked: &str) -> &mut Constraint<'f, N> {
        self.constraints.last_mut().unwrap_or_else(|| panic!("{asked}: there is no constraint yet; add one first"))
    }

    /// g(w) ≤ γ.
    #[must_use]
    pub fn at_most(self, name: &str, g: impl Fn(&N) -> Tensor<N::Elem> + 'f, bound: f64) -> Self {
        self.add(name, Box::new(g), Bound::AtMost(bound))
    }

    /// g(w) = γ.
    #[must_use]
    pub fn equal(self, name: &str, g: impl Fn(&N) -> Tensor<N::Elem> + 'f, bound: f64) -> Self {
        self.add(name, Box::new(g), Bound::Equal(bound))
    }

    /// The last constraint has no useful derivative (a rate of errors): multipliers follow it, weights follow `proxy` (Cotter et al. 2019).
    ///
    /// Only [`LagrangianDescentAscent`] tells the two apart in its steps; the report's stationarity is that of the proxy.
    ///
    /// # Panics
    /// If there is no constraint yet.
    #[must_use]
    #[track_caller]
    pub fn proxy(mut self, proxy: impl Fn(&N) -> Tensor<N::Elem> + 'f) -> Self {
        self.last("proxy").proxy = Some(Box::new(proxy));
        self
    }

    /// The last constraint is an estimate (on a batch) of `g`, its value on the full set: steps follow the estimate; turns, the best
    /// feasible iterate and the report follow `g`.
    ///
    /// # Panics
    /// If there is no constraint yet.
    #[must_use]
    #[track_caller]
    pub fn full_set(mut self, g: impl Fn(&N) -> Tensor<N::Elem> + 'f) -> Self {
        self.last("full_set").full = Some(Box::new(g));
        self
    }

    /// The risk is an estimate of this one, which turns and the report follow.
    #[must_use]
    pub fn full_risk(mut self, risk: impl Fn(&N) -> Tensor<N::Elem> + 'f) -> Self {
        self.full_risk = Some(Box::new(risk));
        self
    }

    /// Solves the problem from where the net stands.
    ///
    /// # Errors
    /// If two constraints have one name, a bound or the value of a constraint is not finite, or the inner solver fails: a risk that is not
    /// finite, or does not depend on the net.
    pub fn solve(&self, method: impl Method<N>, net: &mut N) -> Result<Solved<N>, Error> {
        for (i, c) in self.constraints.iter().enumerate() {
            if self.constraints[..i].iter().any(|other| other.name == c.name) {
                let why = format!("two constraints are named `{}`; give each a name of its own", c.name);
                return Err(Error::new(Kind::Name, why));
            }
            if !c.bound.level().is_finite() {
                let why = format!("the bound of `{}` must be finite, got {}", c.name, c.bound.level());
                return Err(Error::new(Kind::HyperParameter, why));
            }
        }
        method.solve(self, net)
    }

    /// Refuses values that no multiplier should follow.
    fn finite(&self, excess: &[f64]) -> Result<(), Error> {
        match self.constraints.iter().zip(excess).find(|(_, e)| !e.is_finite()) {
            None => Ok(()),
            Some((c, e)) => {
                let g = e + c.bound.level();
                let why = format!(
                    "the constraint `{}` is {g} at the present weights; multipliers follow finite numbers only",
                    c.name
                );
                Err(Error::new(Kind::NonFinite, why))
            }
        }
    }

    /// F + Σ λ_i (g_i − γ_i) for a step, and g_i − γ_i: one evaluation of each, so that an estimate serves both.
    fn lagrangian(&self, net: &N, lambda: &[f64]) -> (Tensor<N::Elem>, Vec<f64>) {
        let (mut sum, mut excess) = ((self.risk)(net), Vec::new());
        for (c, l) in self.constraints.iter().zip(lambda) {
            let smooth = (c.proxy.is_none() || *l != 0.0).then(|| c.smooth(net));
            excess.push(match (&c.proxy, &smooth) {
                (None, Some(g)) => g.item().to_f64(),
                _ => number(&c.value, net) - c.bound.level(),
            });
            if let (Some(g), true) = (smooth, *l != 0.0) {
                sum = sum + g * *l;
            }
        }
        (sum, excess)
    }

    /// The Lagrangian on the full set. A constraint with a proxy has no other derivative than that.
    fn full_lagrangian(&self, net: &N, lambda: &[f64]) -> Tensor<N::Elem> {
        let terms = self.constraints.iter().zip(lambda).filter(|(_, l)| **l != 0.0);
        terms.fold(self.full_risk.as_ref().unwrap_or(&self.risk)(net), |sum, (c, l)| {
            let g = c.proxy.as_ref().or(c.full.as_ref()).unwrap_or(&c.value);
            sum + (g(net) - c.bound.level()) * *l
        })
    }

    /// F and g_i − γ_i on the full set.
    fn judged(&self, net: &N) -> (f64, Vec<f64>) {
        let excess = |c: &Constraint<'f, N>| number(c.full.as_ref().unwrap_or(&c.value), net) - c.bound.level();
        (number(self.full_risk.as_ref().unwrap_or(&self.risk), net), self.constraints.iter().map(excess).collect())
    }

    /// g_i − γ_i, as estimated.
    fn excess(&self, net: &N) -> Vec<f64> {
        self.constraints.iter().map(|c| number(&c.value, net) - c.bound.level()).collect()
    }
}

/// A way to solve a constrained problem.
pub trait Method<N: Module> {
    /// Solves `problem` from where the net stands.
    ///
    /// # Errors
    /// As [`ConstrainedProblem::solve`].
    fn solve(self, problem: &ConstrainedProblem<'_, N>, net: &mut N) -> Result<Solved<N>, Error>;
}
