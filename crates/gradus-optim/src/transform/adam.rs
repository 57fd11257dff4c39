//! Adam's moments, with bias correction, and AMSGrad.

use super::lanes::{Update, update};
use super::{Context, Last, Transform};
use gradus_kernels::{Isa, Real};

/// m ← β₁ m + (1 − β₁) d, v ← β₂ v + (1 − β₂) d², then d ← m̂ / (√v̂ + ε) with m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ).
///
/// AMSGrad puts the largest v so far in the place of v. t counts the updates of the leaf. Source: Kingma & Ba 2015,
/// Reddi et al. 2018; ε stands outside the root, and the maximum is taken before the correction, as in PyTorch.
#[derive(Clone, Copy, Debug)]
pub struct AdamMoments {
    /// β₁, in [0, 1).
    pub beta1: f64,
    /// β₂, in [0, 1).
    pub beta2: f64,
    /// ε, above 0.
    pub eps: f64,
    /// Whether the largest v so far is used.
    pub amsgrad: bool,
}

impl<T: Real> Transform<T> for AdamMoments {
    fn name(&self) -> &'static str {
        "adam"
    }

    fn slots(&self) -> &'static [&'static str] {
        if self.amsgrad { &["first", "second", "largest"] } else { &["first", "second"] }
    }

    fn check(&self) -> Result<(), String> {
        for (name, beta) in [("beta1", self.beta1), ("beta2", self.beta2)] {
            if !(0.0..1.0).contains(&beta) {
                return Err(format!("{name} must lie in [0, 1), got {beta}"));
            }
        }
        super::positive("eps", self.eps)
    }

    fn apply(&self, at: &Context<'_>, direction: &mut [T], _: &[T], state: &mut [&mut [T]]) {
        let rule = self.rule(at);
        match state {
            [m, v] => update(rule, [], [direction, m, v]),
            [m, v, top] => update(Largest(rule), [], [direction, m, v, top]),
            _ => debug_assert!(false, "two or three slots"),
        }
    }

    fn finish(&self, at: &Context<'_>, last: Last<'_, T>, state: &mut [&mut [T]]) -> bool {
        let rule = self.rule(at);
        match state {
            [m, v] => update(last.through(rule), [last.direction], [last.weights, m, v]),
            [m, v, top] => update(last.through(Largest(rule)), [last.direction], [last.weights, m, v, top]),
            _ => return false,
        }
        true
    }
}

impl AdamMoments {
    fn rule<T: Real>(&self, at: &Context<'_>) -> Moments<T> {
        let correct = |beta: f64| 1.0 - beta.powf(at.count as f64);
        Moments {
            beta1: T::from_f64(self.beta1),
            fresh1: T::from_f64(1.0 - self.beta1),
            beta2: T::from_f64(self.beta2),
            fresh2: T::from_f64(1.0 - self.beta2),
            scale: T::from_f64(1.0 / correct(self.beta1)),
            root: T::from_f64(1.0 / correct(self.beta2).sqrt()),
            eps: T::from_f64(self.eps),
        }
    }
}

#[derive(Clone, Copy)]
struct Moments<T> {
    beta1: T,
    fresh1: T,
    beta2: T,
    fresh2: T,
    scale: T,
    root: T,
    eps: T,
}

impl<T: Real> Moments<T> {
    #[inline(always)]
    fn moments<S: Isa>(self, s: S, d: T, m: T, v: T) -> (T, T) {
        (s.mul_add(self.beta1, m, self.fresh1 * d), s.mul_add(self.beta2, v, self.fresh2 * d * d))
    }

    #[inline(always)]
    fn direction<S: Isa>(self, s: S, m: T, v: T) -> T {
        (self.scale * m) / s.mul_add(v.sqrt(), self.root, self.eps)
    }
}

impl<T: Real> Update<T, 0, 3> for Moments<T> {
    #[inline(always)]
    fn at<S: Isa>(self, s: S, _: [T; 0], [d, m, v]: [T; 3]) -> [T; 3] {
        let (m, v) = self.moments(s, d, m, v);
        [self.direction(s, m, v), m, v]
    }
}

#[derive(Clone, Copy)]
struct Largest<T>(Moments<T>);

impl<T: Real> Update<T, 0, 4> for Largest<T> {
    #[inline(always)]
    fn at<S: Isa>(self, s: S, _: [T; 0], [d, m, v, top]: [T; 4]) -> [T; 4] {
        let (m, v) = self.0.moments(s, d, m, v);
        let top = if v > top { v } else { top };
        [self.0.direction(s, m, top), m, v, top]
    }
}
