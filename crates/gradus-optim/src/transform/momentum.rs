//! Momentum: heavy ball, Nesterov, dampening.

use super::lanes::{Update, update};
use super::{Context, Last, Transform};
use gradus_kernels::{Isa, Real};

/// b ← μ b + (1 − τ) d, then d ← b (heavy ball) or d ← d + μ b (Nesterov). The first b is d itself, whatever τ is.
///
/// Source: Polyak 1964; Nesterov's form as in Sutskever et al. 2013. PyTorch's `SGD` defines it so.
#[derive(Clone, Copy, Debug)]
pub struct Momentum {
    /// μ, in [0, 1).
    pub momentum: f64,
    /// τ, in [0, 1]; 0 as a rule.
    pub dampening: f64,
    /// Whether to look ahead (Nesterov).
    pub nesterov: bool,
}

impl<T: Real> Transform<T> for Momentum {
    fn name(&self) -> &'static str {
        "momentum"
    }

    fn slots(&self) -> &'static [&'static str] {
        &["momentum"]
    }

    fn check(&self) -> Result<(), String> {
        if !(0.0..1.0).contains(&self.momentum) {
            return Err(format!("momentum must lie in [0, 1), got {}", self.momentum));
        }
        if !(0.0..=1.0).contains(&self.dampening) {
            return Err(format!("dampening must lie in [0, 1], got {}", self.dampening));
        }
        if self.nesterov && (self.momentum == 0.0 || self.dampening != 0.0) {
            return Err("Nesterov momentum needs a momentum above 0 and no dampening".into());
        }
        Ok(())
    }

    fn apply(&self, at: &Context<'_>, direction: &mut [T], _: &[T], state: &mut [&mut [T]]) {
        let (mu, fresh) = self.factors(at);
        let y = [direction, &mut *state[0]];
        if self.nesterov { update(Nesterov { mu, fresh }, [], y) } else { update(Heavy { mu, fresh }, [], y) }
    }

    fn finish(&self, at: &Context<'_>, last: Last<'_, T>, state: &mut [&mut [T]]) -> bool {
        let (mu, fresh) = self.factors(at);
        let (heavy, nesterov) = (last.through(Heavy { mu, fresh }), last.through(Nesterov { mu, fresh }));
        let y = [last.weights, &mut *state[0]];
        if self.nesterov {
            update(nesterov, [last.direction], y);
        } else {
            update(heavy, [last.direction], y);
        }
        true
    }
}

impl Momentum {
    /// μ and what the new direction is multiplied by.
    fn factors<T: Real>(&self, at: &Context<'_>) -> (T, T) {
        let fresh = if at.count == 1 { 1.0 } else { 1.0 - self.dampening };
        (T::from_f64(self.momentum), T::from_f64(fresh))
    }
}

#[derive(Clone, Copy)]
struct Heavy<T> {
    mu: T,
    fresh: T,
}

impl<T: Real> Update<T, 0, 2> for Heavy<T> {
    #[inline(always)]
    fn at<S: Isa>(self, s: S, _: [T; 0], [d, b]: [T; 2]) -> [T; 2] {
        let b = s.mul_add(self.mu, b, self.fresh * d);
        [b, b]
    }
}

#[derive(Clone, Copy)]
struct Nesterov<T> {
    mu: T,
    fresh: T,
}

impl<T: Real> Update<T, 0, 2> for Nesterov<T> {
    #[inline(always)]
    fn at<S: Isa>(self, s: S, _: [T; 0], [d, b]: [T; 2]) -> [T; 2] {
        let b = s.mul_add(self.mu, b, self.fresh * d);
        [s.mul_add(self.mu, b, d), b]
    }
}
