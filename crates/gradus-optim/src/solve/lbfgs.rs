//! L-BFGS: a quasi-Newton direction from the last few steps.

use super::descent::finite;
use super::report::{Reason, Report, Stop, Watch};
use super::space::{Space, dot, minus, norm};
use super::wolfe::StrongWolfe;
use crate::error::Error;
use gradus_tensor::{Module, Tensor};
use std::collections::VecDeque;

/// L-BFGS with a line search for the strong Wolfe conditions.
///
/// d = −H∇F, H built from the last m pairs (s, y) = (Δw, Δ∇F) by the two-loop recursion on ⟨s, y⟩/⟨y, y⟩·I.
/// Source: Liu & Nocedal 1989; Nocedal & Wright 2006, algorithm 7.4.
#[derive(Clone, Debug)]
pub struct Lbfgs {
    memory: usize,
    search: StrongWolfe,
    stops: Vec<Stop>,
}

impl Default for Lbfgs {
    fn default() -> Self {
        Lbfgs { memory: 10, search: StrongWolfe::default(), stops: Vec::new() }
    }
}

impl Lbfgs {
    /// With a memory of ten steps.
    pub fn new() -> Self {
        Self::default()
    }

    /// Remembers this many steps.
    #[must_use]
    pub fn memory(self, memory: usize) -> Self {
        Lbfgs { memory, ..self }
    }

    /// Another line search.
    #[must_use]
    pub fn line_search(self, search: StrongWolfe) -> Self {
        Lbfgs { search, ..self }
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
        let who = "l-bfgs";
        let mut watch = Watch::new(who, &self.stops)?;
        let mut space = Space::new(who, net, risk)?;
        let mut w = space.get();
        let (mut value, mut gradient) = space.gradient(&mut w)?;
        finite(who, &watch, value, &gradient, 0.0)?;
        let mut stop = watch.lowering(value, &gradient, 0.0, None, space.counts);
        let mut pairs: VecDeque<(Vec<f64>, Vec<f64>)> = VecDeque::new();
        while stop.is_none() {
            let mut d = direction(&pairs, &gradient);
            let mut slope = dot(&d, &gradient);
            let descends = slope < 0.0;
            if !descends {
                pairs.clear();
                d = gradient.iter().map(|g| -g).collect();
                slope = -dot(&gradient, &gradient);
            }
            // Without a memory nothing is known of the scale: a first step of length one at most.
            let first = if pairs.is_empty() { (1.0 / norm(&gradient)).min(1.0) } else { 1.0 };
            let Some(point) = self.search.search(&mut space, &w, value, slope, &d, first)? else {
                if pairs.is_empty() {
                    stop = Some(Reason::NoProgress);
                } else {
                    pairs.clear();
                }
                continue;
            };
            let (s, y) = (minus(&point.w, &w), minus(&point.gradient, &gradient));
            let moved = norm(&s);
            if dot(&s, &y) > 1e-12 * norm(&s) * norm(&y) && self.memory > 0 {
                if pairs.len() == self.memory {
                    pairs.pop_front();
                }
                pairs.push_back((s, y));
            }
            (w, value, gradient) = (point.w, point.value, point.gradient);
            stop = watch.lowering(value, &gradient, point.rate, Some(moved), space.counts);
        }
        space.set(&mut w);
        Ok(watch.report(stop.unwrap_or(Reason::NoProgress), space.counts))
    }
}

/// −H∇F by the two-loop recursion.
fn direction(pairs: &VecDeque<(Vec<f64>, Vec<f64>)>, gradient: &[f64]) -> Vec<f64> {
    let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut alphas = Vec::with_capacity(pairs.len());
    for (s, y) in pairs.iter().rev() {
        let alpha = dot(s, &q) / dot(s, y);
        q.iter_mut().zip(y).for_each(|(q, y)| *q -= alpha * y);
        alphas.push(alpha);
    }
    if let Some((s, y)) = pairs.back() {
        let scale = dot(s, y) / dot(y, y);
        q.iter_mut().for_each(|q| *q *= scale);
    }
    for ((s, y), alpha) in pairs.iter().zip(alphas.iter().rev()) {
        let beta = dot(y, &q) / dot(s, y);
        q.iter_mut().zip(s).for_each(|(q, s)| *q += (alpha - beta) * s);
    }
    q
}
