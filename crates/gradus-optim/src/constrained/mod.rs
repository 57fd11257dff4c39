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
mod bridge;
mod descent_ascent;
mod kkt;
pub mod project;

pub use augmented::{AugmentedLagrangian, QuadraticPenalty};
pub use bridge::{Bridge, Point};
pub use descent_ascent::{LagrangianDescentAscent, NuPi};
pub use kkt::{Kkt, Solved, Turn};

use crate::error::Error;
use gradus_tensor::{Module, Tensor};

type Function<'f, N> = Box<dyn Fn(&N) -> Tensor<<N as gradus_tensor::Tree>::Elem> + 'f>;

/// One constraint.
struct Constraint<'f, N: Module> {
    name: String,
    /// g as it is judged.
    value: Function<'f, N>,
    /// What is differentiated in its place, where g has no useful derivative.
    proxy: Option<Function<'f, N>>,
    bound: f64,
    equality: bool,
}

impl<N: Module> Constraint<'_, N> {
    /// g − γ, differentiable.
    fn smooth(&self, net: &N) -> Tensor<N::Elem> {
        self.proxy.as_ref().unwrap_or(&self.value)(net) - self.bound
    }

    /// g − γ.
    fn excess(&self, net: &N) -> f64 {
        use gradus_kernels::Real as _;
        (self.value)(net).item().to_f64() - self.bound
    }

    /// How far g − γ = `excess` is from what is allowed.
    fn violation(&self, excess: f64) -> f64 {
        if self.equality { excess.abs() } else { excess.max(0.0) }
    }

    /// λ within its range.
    fn admit(&self, lambda: f64) -> f64 {
        if self.equality { lambda } else { lambda.max(0.0) }
    }
}

/// F(w) → min subject to constraints, each with a name.
pub struct ConstrainedProblem<'f, N: Module> {
    risk: Function<'f, N>,
    constraints: Vec<Constraint<'f, N>>,
}

impl<'f, N: Module> ConstrainedProblem<'f, N> {
    /// The risk F, no constraints yet.
    pub fn new(risk: &'f impl Fn(&N) -> Tensor<N::Elem>) -> Self {
        ConstrainedProblem { risk: Box::new(risk), constraints: Vec::new() }
    }

    fn add(
        mut self,
        name: &str,
        value: Function<'f, N>,
        proxy: Option<Function<'f, N>>,
        bound: f64,
        equality: bool,
    ) -> Self {
        self.constraints.push(Constraint { name: name.to_owned(), value, proxy, bound, equality });
        self
    }

    /// g(w) ≤ γ.
    #[must_use]
    pub fn at_most(self, name: &str, g: impl Fn(&N) -> Tensor<N::Elem> + 'f, bound: f64) -> Self {
        self.add(name, Box::new(g), None, bound, false)
    }

    /// g(w) = γ.
    #[must_use]
    pub fn equal(self, name: &str, g: impl Fn(&N) -> Tensor<N::Elem> + 'f, bound: f64) -> Self {
        self.add(name, Box::new(g), None, bound, true)
    }

    /// g(w) ≤ γ for a g without useful derivative (a rate of errors): multipliers follow g, weights follow `proxy` (Cotter et al. 2019).
    ///
    /// Only [`LagrangianDescentAscent`] tells the two apart in its steps; the report's stationarity is that of the proxy.
    #[must_use]
    pub fn at_most_by_proxy(
        self,
        name: &str,
        g: impl Fn(&N) -> Tensor<N::Elem> + 'f,
        proxy: impl Fn(&N) -> Tensor<N::Elem> + 'f,
        bound: f64,
    ) -> Self {
        self.add(name, Box::new(g), Some(Box::new(proxy)), bound, false)
    }

    /// Solves the problem from where the net stands.
    ///
    /// # Errors
    /// If the inner solver fails: a risk that is not finite, or does not depend on the net.
    pub fn solve(&self, method: impl Method, net: &mut N) -> Result<Solved<N>, Error> {
        method.solve(self, net)
    }

    /// F + Σ λ_i (g_i − γ_i).
    fn lagrangian(&self, net: &N, lambda: &[f64]) -> Tensor<N::Elem> {
        let terms = self.constraints.iter().zip(lambda).filter(|(_, l)| **l != 0.0);
        terms.fold((self.risk)(net), |sum, (c, l)| sum + c.smooth(net) * *l)
    }

    /// g_i − γ_i.
    fn excess(&self, net: &N) -> Vec<f64> {
        self.constraints.iter().map(|c| c.excess(net)).collect()
    }
}

/// A way to solve a constrained problem.
pub trait Method {
    /// Solves `problem` from where the net stands.
    ///
    /// # Errors
    /// As [`ConstrainedProblem::solve`].
    fn solve<N: Module>(self, problem: &ConstrainedProblem<'_, N>, net: &mut N) -> Result<Solved<N>, Error>;
}
