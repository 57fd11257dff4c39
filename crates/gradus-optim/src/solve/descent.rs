//! Gradient descent until convergence.

use super::report::{Reason, Report, Stop, Watch};
use super::rules::{Ray, StepRule};
use super::space::{Space, along, minus, norm};
use crate::error::{Error, Kind};
use gradus_tensor::{Module, Tensor};

/// w_{k+1} = w_k − α_k ∇F(w_k) until one of the stopping rules holds.
///
/// On a quadratic with eigenvalues in [μ, L], κ = L/μ, the error falls by at least (κ − 1)/(κ + 1) an iteration at
/// α = 2/(μ + L), and by 1 − 1/κ at α = 1/L (Nesterov 2004, section 2.1.5).
pub struct GradientDescent<R> {
    rule: R,
    stops: Vec<Stop>,
}

impl<R: StepRule> GradientDescent<R> {
    /// Descent with this rule for α_k.
    pub fn new(rule: R) -> Self {
        GradientDescent { rule, stops: Vec::new() }
    }

    /// Stops here (too). Without a budget a run has 10,000 iterations.
    #[must_use]
    pub fn stop(mut self, stop: Stop) -> Self {
        self.stops.push(stop);
        self
    }

    /// Minimises the risk F over the leaves of the net that are not frozen.
    ///
    /// # Errors
    /// If the run diverges (F or its gradient is no longer finite): the net then has the last finite weights. If the risk
    /// does not answer one number that depends on the net.
    pub fn run<N: Module>(self, net: &mut N, mut risk: impl FnMut(&N) -> Tensor<N::Elem>) -> Result<Report, Error> {
        self.run_batches(net, move |_, net: &N| risk(net))
    }

    /// Minimises a risk that is another function in every iteration k: mini-batch k mod n, say. Every trial of one
    /// iteration sees the same k. ‖∇F‖ and F are those of the batch: a stopping rule on them is a noisy one.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_batches<N: Module>(
        mut self,
        net: &mut N,
        mut risk: impl FnMut(u64, &N) -> Tensor<N::Elem>,
    ) -> Result<Report, Error> {
        let who = "gradient descent";
        let mut watch = Watch::new(who, &self.stops)?;
        let k = std::cell::Cell::new(0);
        let mut space = Space::new(who, net, |net: &N| risk(k.get(), net))?;
        let mut w = space.get();
        let (mut value, mut gradient) = space.gradient(&mut w)?;
        finite(who, &watch, value, &gradient, 0.0)?;
        if let Some(reason) = watch.at(value, norm(&gradient), 0.0, 0.0, space.counts) {
            return Ok(watch.report(reason, space.counts));
        }
        let mut last: Option<(Vec<f64>, Vec<f64>)> = None;
        loop {
            let ray = Ray {
                iteration: k.get(),
                value,
                gradient: &gradient,
                last: last.as_ref().map(|(s, y)| (&s[..], &y[..])),
                trial: &mut |rate| space.value(&mut along(&w, -rate, &gradient)),
            };
            let Some(rate) = self.rule.rate(ray)? else {
                space.set(&mut w);
                return Ok(watch.report(Reason::NoProgress, space.counts));
            };
            if rate < 0.0 {
                space.set(&mut w);
                let why = format!(
                    "{who}: the rule gave the rate {rate:e} in iteration {}; descent needs one of at least 0",
                    k.get() + 1
                );
                return Err(Error::new(Kind::HyperParameter, why));
            }
            k.set(k.get() + 1);
            let mut next = along(&w, -rate, &gradient);
            let (next_value, next_gradient) = space.gradient(&mut next)?;
            if let Err(error) = finite(who, &watch, next_value, &next_gradient, rate) {
                space.set(&mut w);
                return Err(error);
            }
            let step = minus(&next, &w);
            let moved = norm(&step);
            last = Some((step, minus(&next_gradient, &gradient)));
            (w, value, gradient) = (next, next_value, next_gradient);
            if let Some(reason) = watch.at(value, norm(&gradient), rate, moved, space.counts) {
                return Ok(watch.report(reason, space.counts));
            }
        }
    }
}

/// F may grow to this many times its start before a run counts as divergent.
const FAR: f64 = 1e12;

/// Refuses a point where F or ∇F is not finite, or F is beyond all bounds.
pub(super) fn finite(who: &str, watch: &Watch, value: f64, gradient: &[f64], rate: f64) -> Result<(), Error> {
    let before = watch.last().map_or(value, |r| r.value);
    let far = before.abs().max(1.0) * FAR;
    if value.is_finite() && value < far && gradient.iter().all(|g| g.is_finite()) {
        return Ok(());
    }
    let message = match watch.last() {
        Some(r) => format!(
            "{who}: diverged in iteration {}: F went from {:.6e} to {value:.6e} at the rate {rate:e}; the last finite weights \
             are kept; take a smaller rate or Armijo's rule",
            r.iteration + 1,
            r.value
        ),
        None => format!("{who}: F = {value} or its gradient is not finite at the start"),
    };
    Err(Error::new(Kind::Solver, message))
}
