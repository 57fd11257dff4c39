//! Newton's method with conjugate gradients on Hessian-vector products.

use super::descent::finite;
use super::report::{Reason, Report, Stop, Watch};
use super::space::{Space, along, dot, gather, minus, norm, scatter};
use super::wolfe::StrongWolfe;
use crate::error::Error;
use gradus_tensor::{Module, Tensor, hvp};

/// Newton-CG: ∇²F d = −∇F solved by conjugate gradients on exact Hessian-vector products, then a strong Wolfe line search.
///
/// The inner iteration j stops where the quadratic model Q gains little more, j·(Q_j − Q_{j−1})/Q_j ≤ min(½, √‖∇F‖) (in a
/// curved valley a test on the residual stops too early), or where it meets a direction of negative curvature: then it takes
/// what it has, or −∇F. Sources: Nocedal & Wright 2006, algorithm 7.1; Nash & Sofer 1990 (the test).
#[derive(Clone, Debug)]
pub struct NewtonCg {
    inner: usize,
    search: StrongWolfe,
    stops: Vec<Stop>,
}

impl Default for NewtonCg {
    fn default() -> Self {
        NewtonCg { inner: 250, search: StrongWolfe::default(), stops: Vec::new() }
    }
}

impl NewtonCg {
    /// With at most 250 inner iterations a step.
    pub fn new() -> Self {
        Self::default()
    }

    /// At most this many Hessian-vector products a step.
    #[must_use]
    pub fn inner_iterations(self, inner: usize) -> Self {
        NewtonCg { inner, ..self }
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
        let who = "newton-cg";
        let mut watch = Watch::new(who, &self.stops)?;
        let mut space = Space::new(who, net, risk)?;
        let mut w = space.get();
        let (mut value, mut gradient) = space.gradient(&mut w)?;
        finite(who, &watch, value, &gradient, 0.0)?;
        let places = space.places();
        let mut stop = watch.lowering(value, &gradient, 0.0, None, space.counts);
        while stop.is_none() {
            space.set(&mut w);
            let mut products = 0;
            let d = {
                let (net, risk) = space.parts();
                let leaves = net.leaves();
                let product = |v: &[f64]| {
                    products += 1;
                    let direction = scatter(v, &leaves, &places);
                    gather(&hvp(&mut *risk, net, &direction).1, &places, v.len())
                };
                conjugate(product, &gradient, self.inner, norm(&gradient).sqrt().min(0.5))
            };
            space.counts.products += products;
            let slope = dot(&d, &gradient);
            let Some(point) = self.search.search(&mut space, &w, value, slope, &d, 1.0)? else {
                stop = Some(Reason::NoProgress);
                break;
            };
            let moved = norm(&minus(&point.w, &w));
            (w, value, gradient) = (point.w, point.value, point.gradient);
            stop = watch.lowering(value, &gradient, point.rate, Some(moved), space.counts);
        }
        space.set(&mut w);
        Ok(watch.report(stop.unwrap_or(Reason::NoProgress), space.counts))
    }
}

/// A d with A d ≈ −g, for a symmetric A given by products: a descent direction, also where A is not positive definite.
///
/// With Q(d) = ½⟨d, A d⟩ + ⟨g, d⟩ it ends at j·(Q_j − Q_{j−1})/Q_j ≤ `gain`, at most after `most` products.
pub(super) fn conjugate(mut product: impl FnMut(&[f64]) -> Vec<f64>, g: &[f64], most: usize, gain: f64) -> Vec<f64> {
    let mut d = vec![0.0; g.len()];
    let mut residual = g.to_vec();
    let mut direction: Vec<f64> = g.iter().map(|g| -g).collect();
    let mut square = dot(&residual, &residual);
    let smallest = f64::EPSILON * f64::EPSILON * square;
    let mut model = 0.0;
    for j in 1..=most.max(1) {
        let image = product(&direction);
        let curvature = dot(&direction, &image);
        // Also where the product is not a number.
        let convex = curvature > f64::EPSILON * dot(&direction, &direction);
        if !convex {
            if j == 1 {
                d = direction;
            }
            break;
        }
        let rate = square / curvature;
        d = along(&d, rate, &direction);
        residual = along(&residual, rate, &image);
        let decrease = 0.5 * rate * square;
        model += decrease;
        let next = dot(&residual, &residual);
        if j as f64 * decrease <= gain * model || next <= smallest {
            break;
        }
        let beta = next / square;
        square = next;
        direction = residual.iter().zip(&direction).map(|(r, d)| -r + beta * d).collect();
    }
    d
}
