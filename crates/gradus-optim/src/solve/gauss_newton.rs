//! Gauss-Newton and Levenberg-Marquardt on products with JᵀHJ.

use super::descent::finite;
use super::newton::conjugate;
use super::report::{Reason, Report, Stop, Watch};
use super::space::{Space, along, dot, gather, norm, scatter};
use crate::error::Error;
use gradus_tensor::{Module, Tensor, gvp};

/// Levenberg-Marquardt for F = loss(f(w)): (JᵀHJ + μI) d = −∇F, J the Jacobian of f, H the Hessian of the (convex) loss.
///
/// For least squares, loss(r) = ½‖r‖², H is the identity and this is the classical method. The system is solved by conjugate
/// gradients on exact products ([`gvp`]), so nothing is formed. A step is taken if F falls, and μ follows the ratio of the
/// actual to the predicted decrease. Sources: Marquardt 1963; Nielsen 1999 (the rule for μ); Schraudolph 2002 (the products).
#[derive(Clone, Debug)]
pub struct GaussNewton {
    damping: f64,
    inner: usize,
    stops: Vec<Stop>,
}

impl Default for GaussNewton {
    fn default() -> Self {
        GaussNewton { damping: 1e-3, inner: 250, stops: Vec::new() }
    }
}

/// Rejected steps in a row after which there is no progress.
const REJECTED: usize = 40;

impl GaussNewton {
    /// Levenberg-Marquardt with μ = 10⁻³ at the start.
    #[doc(alias = "levenberg_marquardt")]
    pub fn new() -> Self {
        Self::default()
    }

    /// μ at the start; the smaller, the closer to Gauss-Newton.
    #[must_use]
    pub fn damping(self, damping: f64) -> Self {
        GaussNewton { damping, ..self }
    }

    /// At most this many products a step.
    #[must_use]
    pub fn inner_iterations(self, inner: usize) -> Self {
        GaussNewton { inner, ..self }
    }

    /// Stops here (too). Without a budget a run has 10,000 iterations.
    #[must_use]
    pub fn stop(mut self, stop: Stop) -> Self {
        self.stops.push(stop);
        self
    }

    /// Minimises ½‖r(w)‖² with the residuals r.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn least_squares<N: Module>(
        self,
        net: &mut N,
        residuals: impl Fn(&N) -> Tensor<N::Elem>,
    ) -> Result<Report, Error> {
        self.run(net, residuals, |r| r.sum_of_squares() * 0.5)
    }

    /// Minimises loss(f(w)) over the leaves of the net that are not frozen; `f` answers any shape, the loss one number.
    ///
    /// # Errors
    /// If F is not finite at the start, or does not answer one number that depends on the net.
    pub fn run<N: Module>(
        self,
        net: &mut N,
        f: impl Fn(&N) -> Tensor<N::Elem>,
        loss: impl Fn(&Tensor<N::Elem>) -> Tensor<N::Elem>,
    ) -> Result<Report, Error> {
        let who = "gauss-newton";
        let mut watch = Watch::new(who, &self.stops)?;
        let mut space = Space::new(who, net, |net: &N| loss(&f(net)))?;
        let mut w = space.get();
        let (mut value, mut gradient) = space.gradient(&mut w)?;
        finite(who, &watch, value, &gradient, 0.0)?;
        let places = space.places();
        let mut stop = watch.lowering(value, &gradient, 0.0, None, space.counts);
        let (mut damping, mut grow, mut rejected) = (self.damping, 2.0, 0);
        while stop.is_none() {
            space.set(&mut w);
            let mut products = 0;
            let (d, curvature) = {
                let (net, _) = space.parts();
                let leaves = net.leaves();
                let mut product = |v: &[f64]| {
                    products += 1;
                    let direction = scatter(v, &leaves, &places);
                    gather(&gvp(&f, &loss, net, &direction).1, &places, v.len())
                };
                let damped = |v: &[f64]| along(&product(v), damping, v);
                let d = conjugate(damped, &gradient, self.inner, norm(&gradient).sqrt().min(0.5));
                let curvature = dot(&d, &product(&d));
                (d, curvature)
            };
            space.counts.products += products;
            let predicted = -dot(&d, &gradient) - 0.5 * curvature;
            let mut next = along(&w, 1.0, &d);
            let (next_value, next_gradient) = space.gradient(&mut next)?;
            let ratio = (value - next_value) / predicted;
            let usable = next_value.is_finite() && next_gradient.iter().all(|g| g.is_finite());
            if usable && predicted > 0.0 && ratio > 0.0 {
                let moved = norm(&d);
                damping *= (1.0 - (2.0 * ratio - 1.0).powi(3)).max(1.0 / 3.0);
                (grow, rejected) = (2.0, 0);
                (w, value, gradient) = (next, next_value, next_gradient);
                stop = watch.lowering(value, &gradient, 1.0, Some(moved), space.counts);
            } else {
                damping = (damping * grow).max(1e-12);
                grow *= 2.0;
                rejected += 1;
                if rejected == REJECTED {
                    stop = Some(Reason::NoProgress);
                }
            }
        }
        space.set(&mut w);
        Ok(watch.report(stop.unwrap_or(Reason::NoProgress), space.counts))
    }
}
