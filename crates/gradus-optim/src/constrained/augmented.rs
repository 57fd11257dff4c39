//! The augmented Lagrangian, and the plain quadratic penalty: a sequence of smooth problems, each solved by L-BFGS.

use super::kkt::{Solved, Watch};
use super::{ConstrainedProblem, Method};
use crate::error::{Error, Kind};
use crate::solve::{Lbfgs, Stop};
use gradus_tensor::{Module, Tensor};

/// F + Σ (ρ/2) max(0, g − γ + λ/ρ)² (without the max for equalities) → min, then λ ← λ + ρ(g − γ), kept ≥ 0 for inequalities.
///
/// ρ grows tenfold when a turn has not brought the violation down to a quarter (Nocedal & Wright 2006, section 17.4).
#[derive(Clone, Copy, Debug)]
pub struct AugmentedLagrangian {
    /// ρ at the start.
    pub rho: f64,
    /// Stops once all KKT residuals are at most this.
    pub tolerance: f64,
    /// Turns at most.
    pub turns: usize,
    /// Iterations of L-BFGS a turn at most.
    pub inner: u64,
}

/// F + (ρ/2) Σ max(0, g − γ)² → min for growing ρ; the multipliers are estimates ρ(g − γ).
///
/// The iterates are outside by λ/ρ: with ρ = 10⁸ the eighth digit. The augmented Lagrangian needs no such ρ.
#[derive(Clone, Copy, Debug)]
pub struct QuadraticPenalty {
    /// ρ at the start.
    pub rho: f64,
    /// What ρ is multiplied with each turn.
    pub growth: f64,
    /// Stops once all KKT residuals are at most this.
    pub tolerance: f64,
    /// Turns at most.
    pub turns: usize,
    /// Iterations of L-BFGS a turn at most.
    pub inner: u64,
}

impl Default for AugmentedLagrangian {
    fn default() -> Self {
        AugmentedLagrangian { rho: 10.0, tolerance: 1e-8, turns: 60, inner: 500 }
    }
}

impl Default for QuadraticPenalty {
    fn default() -> Self {
        QuadraticPenalty { rho: 1.0, growth: 10.0, tolerance: 1e-6, turns: 9, inner: 2_000 }
    }
}

fn positive(who: &str, what: &str, x: f64) -> Result<(), Error> {
    if x > 0.0 && x.is_finite() {
        return Ok(());
    }
    Err(Error::new(Kind::HyperParameter, format!("{who}: {what} must be positive and finite, got {x}")))
}

/// F + Σ (ρ/2) [g − γ + λ/ρ]².
fn augmented<N: Module>(problem: &ConstrainedProblem<'_, N>, net: &N, lambda: &[f64], rho: f64) -> Tensor<N::Elem> {
    problem.constraints.iter().zip(lambda).fold((problem.risk)(net), |sum, (c, l)| {
        let shifted = c.smooth(net) + l / rho;
        let active = if c.bound.is_equality() { shifted } else { shifted.relu() };
        sum + (active.square() * (rho / 2.0)).sum()
    })
}

impl<N: Module> Method<N> for AugmentedLagrangian {
    fn solve(self, problem: &ConstrainedProblem<'_, N>, net: &mut N) -> Result<Solved<N>, Error> {
        positive("augmented lagrangian", "rho", self.rho)?;
        let (mut lambda, mut rho) = (vec![0.0; problem.constraints.len()], self.rho);
        let (mut watch, mut before) = (Watch::new(self.tolerance), f64::INFINITY);
        for _ in 0..self.turns {
            let stops = [Stop::GradientNorm(0.1 * self.tolerance), Stop::Iterations(self.inner)];
            let inner = stops.into_iter().fold(Lbfgs::new(), Lbfgs::stop);
            inner.run(net, |net: &N| augmented(problem, net, &lambda, rho))?;
            let excess = problem.excess(net);
            problem.finite(&excess)?;
            for ((l, c), e) in lambda.iter_mut().zip(&problem.constraints).zip(excess) {
                *l = c.bound.admit(*l + rho * e);
            }
            let kkt = watch.turn(problem, net, &lambda);
            if kkt.largest() <= self.tolerance {
                break;
            }
            if kkt.feasibility > 0.25 * before && kkt.feasibility > self.tolerance {
                rho *= 10.0;
            }
            before = kkt.feasibility;
        }
        Ok(watch.solved(problem, net, &lambda))
    }
}

impl<N: Module> Method<N> for QuadraticPenalty {
    fn solve(self, problem: &ConstrainedProblem<'_, N>, net: &mut N) -> Result<Solved<N>, Error> {
        positive("quadratic penalty", "rho", self.rho)?;
        positive("quadratic penalty", "growth", self.growth)?;
        let (none, mut rho) = (vec![0.0; problem.constraints.len()], self.rho);
        let (mut lambda, mut watch) = (none.clone(), Watch::new(self.tolerance));
        for _ in 0..self.turns {
            let stops = [Stop::GradientNorm(0.1 * self.tolerance), Stop::Iterations(self.inner)];
            let inner = stops.into_iter().fold(Lbfgs::new(), Lbfgs::stop);
            inner.run(net, |net: &N| augmented(problem, net, &none, rho))?;
            let excess = problem.excess(net);
            problem.finite(&excess)?;
            for ((l, c), e) in lambda.iter_mut().zip(&problem.constraints).zip(excess) {
                *l = c.bound.admit(rho * e);
            }
            let kkt = watch.turn(problem, net, &lambda);
            if kkt.largest() <= self.tolerance {
                break;
            }
            rho *= self.growth;
        }
        Ok(watch.solved(problem, net, &lambda))
    }
}
