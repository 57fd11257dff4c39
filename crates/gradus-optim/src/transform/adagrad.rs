//! Adagrad's scaling by the root of the sum of all squares so far.

use super::lanes::{Update, update};
use super::{Context, Last, Transform};
use gradus_kernels::{Isa, Real};

/// s ← s + d², then d ← d / ((√s + ε)·(1 + (t − 1) η)).
///
/// η is PyTorch's `lr_decay`. Source: Duchi, Hazan & Singer 2011.
#[derive(Clone, Copy, Debug)]
pub struct AdagradScale {
    /// What s starts from, at least 0.
    pub initial: f64,
    /// η, at least 0.
    pub rate_decay: f64,
    /// ε, above 0.
    pub eps: f64,
}

impl<T: Real> Transform<T> for AdagradScale {
    fn name(&self) -> &'static str {
        "adagrad"
    }

    fn slots(&self) -> &'static [&'static str] {
        &["sum"]
    }

    fn initial(&self) -> f64 {
        self.initial
    }

    fn check(&self) -> Result<(), String> {
        super::not_negative("the initial sum", self.initial)?;
        super::not_negative("the decay of the rate", self.rate_decay)?;
        super::positive("eps", self.eps)
    }

    fn apply(&self, at: &Context<'_>, direction: &mut [T], _: &[T], state: &mut [&mut [T]]) {
        update(self.rule(at), [], [direction, &mut *state[0]]);
    }

    fn finish(&self, at: &Context<'_>, last: Last<'_, T>, state: &mut [&mut [T]]) -> bool {
        update(last.through(self.rule(at)), [last.direction], [last.weights, &mut *state[0]]);
        true
    }
}

impl AdagradScale {
    fn rule<T: Real>(&self, at: &Context<'_>) -> Accumulate<T> {
        let rate = 1.0 / (1.0 + (at.count - 1) as f64 * self.rate_decay);
        Accumulate { rate: T::from_f64(rate), eps: T::from_f64(self.eps) }
    }
}

#[derive(Clone, Copy)]
struct Accumulate<T> {
    rate: T,
    eps: T,
}

impl<T: Real> Update<T, 0, 2> for Accumulate<T> {
    #[inline(always)]
    fn at<S: Isa>(self, s: S, _: [T; 0], [d, sum]: [T; 2]) -> [T; 2] {
        let sum = s.mul_add(d, d, sum);
        [self.rate * d / (sum.sqrt() + self.eps), sum]
    }
}
