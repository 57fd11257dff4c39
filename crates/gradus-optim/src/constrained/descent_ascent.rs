//! Lagrangian descent-ascent: the weights descend, the multipliers climb, each with an optimiser of its own.

use super::dual::{Dual, NuPi};
use super::kkt::{Solved, Watch};
use super::{ConstrainedProblem, Method};
use crate::error::{Error, Kind};
use crate::optimiser::{Optimise, Sgd};
use gradus_tensor::{Module, Real, Tensor};

/// Simultaneous descent in w and ascent in λ on F + Σ λ_i (g_i − γ_i): `primal` is any optimiser, `dual` is [`NuPi`] or
/// [`Ascent`](super::Ascent) of any optimiser.
///
/// Risk and constraints may be estimates on mini-batches: closures see the same net and may draw another batch each time. Turns and the
/// report then rest on [`full_set`](ConstrainedProblem::full_set) and [`full_risk`](ConstrainedProblem::full_risk), where they are given.
///
/// ```
/// use gradus_optim::{Adam, constrained::{Ascent, ConstrainedProblem, LagrangianDescentAscent}};
/// use gradus_tensor::{Tensor, ndarray::array};
/// let risk = |w: &Tensor<f64>| w.square().sum();
/// let mut w = Tensor::from(array![2.0_f64, -1.0]).tracked();
/// let method = LagrangianDescentAscent::new(Adam::new(0.01), Ascent(Adam::new(0.01)));
/// let solved = ConstrainedProblem::new(&risk).equal("sum", |w: &Tensor<f64>| w.sum(), 1.0).solve(method, &mut w)?;
/// assert!((solved.multiplier("sum") + 1.0).abs() < 1e-2);
/// # Ok::<(), gradus_optim::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LagrangianDescentAscent<P, D> {
    /// What moves the weights.
    pub primal: P,
    /// What moves the multipliers.
    pub dual: D,
    /// Steps at most.
    pub steps: usize,
    /// Every so many steps a turn is taken down, and the KKT residuals looked at.
    pub every: usize,
    /// Stops once all KKT residuals are at most this; a turn within it is feasible.
    pub tolerance: f64,
}

impl<P, D> LagrangianDescentAscent<P, D> {
    /// Descent by `primal`, ascent by `dual`: at most 20,000 steps, a turn every 20, down to 10⁻⁸.
    pub fn new(primal: P, dual: D) -> Self {
        LagrangianDescentAscent { primal, dual, steps: 20_000, every: 20, tolerance: 1e-8 }
    }
}

/// Gradient descent at rate 0.05, and [`NuPi`] with κ_i = 0.05, κ_p = 0.5.
impl<T: Real> Default for LagrangianDescentAscent<Sgd<T>, NuPi> {
    fn default() -> Self {
        Self::new(Sgd::new(0.05), NuPi { integral: 0.05, proportional: 0.5, nu: 0.0 })
    }
}

impl<N: Module, P: Optimise<N::Elem>, D: Dual> Method<N> for LagrangianDescentAscent<P, D> {
    fn solve(mut self, problem: &ConstrainedProblem<'_, N>, net: &mut N) -> Result<Solved<N>, Error> {
        let n = problem.constraints.len();
        let (mut lambda, mut memory) = (Tensor::<f64>::zeros(&[n]).tracked(), D::Memory::default());
        let mut watch = Watch::new(self.tolerance);
        for step in 0..self.steps {
            let now = lambda.to_vec();
            if step % self.every.max(1) == 0 && watch.turn(problem, net, &now).largest() <= self.tolerance {
                break;
            }
            // Both steps see the same weights and multipliers.
            let (value, excess) = problem.lagrangian(net, &now);
            problem.finite(&excess)?;
            if !value.is_tracked() {
                let why = "descent-ascent: neither the risk nor a constraint with a multiplier depends on the net; was it detached?";
                return Err(Error::new(Kind::Gradient, why));
            }
            self.primal.try_step(net, &value.backward())?;
            self.dual.climb(&mut memory, &mut lambda, &excess)?;
            lambda.rewrite_leaf(|lambda| {
                lambda.iter_mut().zip(&problem.constraints).for_each(|(l, c)| *l = c.bound.admit(*l));
            });
        }
        let end = lambda.to_vec();
        Ok(watch.solved(problem, net, &end))
    }
}
