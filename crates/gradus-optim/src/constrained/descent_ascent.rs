//! Lagrangian descent-ascent: the weights descend, the multipliers climb, each with a rule of its own.

use super::kkt::{Solved, Watch};
use super::{ConstrainedProblem, Method};
use crate::error::Error;
use crate::optimiser::{Optimise, Sgd};
use gradus_tensor::Module;

/// The rule of the multipliers: λ_{t+1} = λ_t + κ_i ξ_t + κ_p (ξ_t − ξ_{t−1}), ξ_t = ν ξ_{t−1} + (1 − ν)(g − γ), kept ≥ 0 for
/// inequalities (Sohrabi et al. 2024). κ_p = 0, ν = 0 is plain gradient ascent; κ_p damps its oscillations.
#[derive(Clone, Copy, Debug)]
pub struct NuPi {
    /// κ_i, the rate of ascent.
    pub integral: f64,
    /// κ_p.
    pub proportional: f64,
    /// ν, the smoothing of a noisy constraint.
    pub nu: f64,
}

/// Simultaneous descent in w and ascent in λ on F + Σ λ_i (g_i − γ_i). Constraints may be estimates on mini-batches: closures see the
/// same net and may draw another batch each time; the report at the end evaluates them once more.
#[derive(Clone, Copy, Debug)]
pub struct LagrangianDescentAscent {
    /// The rate of descent.
    pub rate: f64,
    /// The momentum of descent.
    pub momentum: f64,
    /// The rule of the multipliers.
    pub dual: NuPi,
    /// Steps.
    pub steps: usize,
    /// Every so many steps a turn is taken down, and the KKT residuals looked at.
    pub every: usize,
    /// Stops once all KKT residuals are at most this.
    pub tolerance: f64,
}

impl Default for LagrangianDescentAscent {
    fn default() -> Self {
        LagrangianDescentAscent {
            rate: 0.05,
            momentum: 0.0,
            dual: NuPi { integral: 0.05, proportional: 0.5, nu: 0.0 },
            steps: 20_000,
            every: 20,
            tolerance: 1e-8,
        }
    }
}

impl Method for LagrangianDescentAscent {
    fn solve<N: Module>(self, problem: &ConstrainedProblem<'_, N>, net: &mut N) -> Result<Solved<N>, Error> {
        let n = problem.constraints.len();
        let (mut lambda, mut smoothed) = (vec![0.0; n], vec![None; n]);
        let mut primal = Sgd::<N::Elem>::new(self.rate).momentum(self.momentum);
        let mut watch = Watch::new(self.tolerance);
        for step in 0..self.steps {
            let excess = if step % self.every.max(1) == 0 {
                let (excess, kkt) = watch.turn(problem, net, &lambda);
                if kkt.largest() <= self.tolerance {
                    break;
                }
                excess
            } else {
                problem.excess(net)
            };
            let gradients = problem.lagrangian(net, &lambda).backward();
            primal.try_step(net, &gradients)?;
            for (i, c) in problem.constraints.iter().enumerate() {
                let NuPi { integral, proportional, nu } = self.dual;
                let before: f64 = smoothed[i].unwrap_or(excess[i]);
                let now = nu * before + (1.0 - nu) * excess[i];
                lambda[i] = c.admit(lambda[i] + integral * now + proportional * (now - before));
                smoothed[i] = Some(now);
            }
        }
        Ok(watch.solved(problem, net, &lambda))
    }
}
