//! Nonlinear conjugate gradients.

use super::descent::finite;
use super::report::{Reason, Report, Stop, Watch};
use super::space::{Space, along, dot, minus, norm};
use super::wolfe::StrongWolfe;
use crate::error::Error;
use gradus_tensor::{Module, Tensor};

/// The formula for β in d_{k+1} = −∇F_{k+1} + β d_k, with y = ∇F_{k+1} − ∇F_k.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beta {
    /// ‖∇F_{k+1}‖²/‖∇F_k‖² (Fletcher & Reeves 1964).
    FletcherReeves,
    /// max(0, ⟨∇F_{k+1}, y⟩/‖∇F_k‖²) (Polak & Ribière 1969; Powell's restart).
    PolakRibiere,
    /// max(0, ⟨∇F_{k+1}, y⟩/⟨d_k, y⟩) (Hestenes & Stiefel 1952).
    HestenesStiefel,
    /// ‖∇F_{k+1}‖²/⟨d_k, y⟩ (Dai & Yuan 1999).
    DaiYuan,
}

/// Nonlinear conjugate gradients with a line search for the strong Wolfe conditions (c₂ = 0.1).
///
/// It restarts along −∇F when the direction does not descend, or when consecutive gradients are far from orthogonal
/// (|⟨∇F_{k+1}, ∇F_k⟩| ≥ 0.2‖∇F_{k+1}‖²; Powell 1977). Source: Nocedal & Wright 2006, section 5.2.
#[derive(Clone, Debug)]
pub struct ConjugateGradient {
    beta: Beta,
    search: StrongWolfe,
    stops: Vec<Stop>,
}

impl Default for ConjugateGradient {
    fn default() -> Self {
        Self::new(Beta::PolakRibiere)
    }
}

impl ConjugateGradient {
    /// With this formula for β.
    pub fn new(beta: Beta) -> Self {
        let search = StrongWolfe { curvature: 0.1, ..StrongWolfe::default() };
        ConjugateGradient { beta, search, stops: Vec::new() }
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
    /// If F is not finite at the start, or does not answer one number that depends on the net.
    pub fn run<N: Module>(self, net: &mut N, risk: impl FnMut(&N) -> Tensor<N::Elem>) -> Result<Report, Error> {
        let who = "conjugate gradients";
        let mut watch = Watch::new(who, &self.stops)?;
        let mut space = Space::new(who, net, risk)?;
        let mut w = space.get();
        let (mut value, mut gradient) = space.gradient(&mut w)?;
        finite(who, &watch, value, &gradient, 0.0)?;
        let mut stop = watch.lowering(value, &gradient, 0.0, None, space.counts);
        let steepest = |g: &[f64]| g.iter().map(|g| -g).collect::<Vec<f64>>();
        let mut d = steepest(&gradient);
        let mut first = (1.0 / norm(&gradient)).min(1.0);
        let mut fresh = true;
        while stop.is_none() {
            let slope = dot(&d, &gradient);
            let found = if slope < 0.0 { self.search.search(&mut space, &w, value, slope, &d, first)? } else { None };
            let Some(point) = found else {
                if fresh {
                    stop = Some(Reason::NoProgress);
                }
                (d, fresh) = (steepest(&gradient), true);
                first = (1.0 / norm(&gradient)).min(1.0);
                continue;
            };
            let moved = norm(&minus(&point.w, &w));
            let (old, new) = (&gradient, &point.gradient);
            let y = minus(new, old);
            let beta = match self.beta {
                Beta::FletcherReeves => dot(new, new) / dot(old, old),
                Beta::PolakRibiere => (dot(new, &y) / dot(old, old)).max(0.0),
                Beta::HestenesStiefel => (dot(new, &y) / dot(&d, &y)).max(0.0),
                Beta::DaiYuan => dot(new, new) / dot(&d, &y),
            };
            let orthogonal = dot(new, old).abs() < 0.2 * dot(new, new);
            fresh = !(orthogonal && beta.is_finite());
            let next = if fresh { steepest(new) } else { along(&steepest(new), beta, &d) };
            // The first trial has the first-order decrease of the last step.
            let next_slope = dot(&next, new);
            first =
                if next_slope < 0.0 { (point.rate * slope / next_slope).min(10.0 * point.rate.max(1.0)) } else { 1.0 };
            d = next;
            (w, value, gradient) = (point.w, point.value, point.gradient);
            stop = watch.lowering(value, &gradient, point.rate, Some(moved), space.counts);
        }
        space.set(&mut w);
        Ok(watch.report(stop.unwrap_or(Reason::NoProgress), space.counts))
    }
}
