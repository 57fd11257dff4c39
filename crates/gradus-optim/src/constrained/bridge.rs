//! The bridge between a penalty's λ and a constraint's γ.

use super::{AugmentedLagrangian, ConstrainedProblem};
use crate::error::Error;
use crate::solve::{Lbfgs, Stop};
use gradus_kernels::Real as _;
use gradus_tensor::{Module, Tensor, Tree};

/// F + λ g → min and F → min subject to g ≤ γ, for one F and one g.
pub struct Bridge<'f, N: Module> {
    risk: &'f dyn Fn(&N) -> Tensor<N::Elem>,
    penalty: &'f dyn Fn(&N) -> Tensor<N::Elem>,
}

/// One point of the path: λ, the γ = g(w) that it reaches, and F there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The weight of the penalty.
    pub lambda: f64,
    /// g at the minimiser.
    pub gamma: f64,
    /// F at the minimiser.
    pub risk: f64,
}

impl<'f, N: Module + Tree> Bridge<'f, N> {
    /// Between F + λ g and g ≤ γ.
    pub fn new(risk: &'f dyn Fn(&N) -> Tensor<N::Elem>, penalty: &'f dyn Fn(&N) -> Tensor<N::Elem>) -> Self {
        Bridge { risk, penalty }
    }

    /// The γ that λ reaches: minimises F + λ g from where the net stands.
    ///
    /// # Errors
    /// If the solver fails.
    pub fn gamma(&self, lambda: f64, net: &mut N) -> Result<Point, Error> {
        let inner = Lbfgs::new().stop(Stop::GradientNorm(1e-9)).stop(Stop::Iterations(5_000));
        inner.run(net, |net: &N| (self.risk)(net) + (self.penalty)(net) * lambda)?;
        let value = |f: &dyn Fn(&N) -> Tensor<N::Elem>| f(net).item().to_f64();
        Ok(Point { lambda, gamma: value(self.penalty), risk: value(self.risk) })
    }

    /// The λ that holds γ: solves F subject to g ≤ γ; `None` where no λ reaches γ: minimising F + λ g from beside the solution leaves
    /// g = γ by more than `tolerance` (a gap that a problem without convexity may have).
    ///
    /// # Errors
    /// If a solver fails.
    pub fn lambda(&self, gamma: f64, tolerance: f64, net: &mut N) -> Result<Option<f64>, Error> {
        let risk = self.risk;
        let problem = ConstrainedProblem::new(&risk).at_most("g", self.penalty, gamma);
        let lambda = problem.solve(AugmentedLagrangian::default(), net)?.multiplier("g");
        // A little beside the solution: at a maximum or saddle of F + λ g the solver would not move.
        let mut sign = 1.0;
        let mut beside = net.map(&mut |x| {
            sign = -sign;
            (x.detach() * (1.0 + 1e-3 * sign) + 1e-4 * sign).tracked()
        });
        // Nothing below: F + λ g has no minimum at all.
        let Ok(again) = self.gamma(lambda, &mut beside) else { return Ok(None) };
        // With λ = 0 the constraint is slack: any γ above will do.
        let held = (again.gamma - gamma).abs() <= tolerance || (lambda == 0.0 && again.gamma <= gamma + tolerance);
        Ok(held.then_some(lambda))
    }

    /// The path λ ↦ γ, each point started from the last.
    ///
    /// # Errors
    /// If a solver fails.
    pub fn path(&self, lambdas: &[f64], net: &mut N) -> Result<Vec<Point>, Error> {
        lambdas.iter().map(|&lambda| self.gamma(lambda, net)).collect()
    }
}
