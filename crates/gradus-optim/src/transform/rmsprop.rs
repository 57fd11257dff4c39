//! RMSprop's scaling by a running root mean square, plain or centred.

use super::lanes::{Update, update};
use super::{Context, Last, Transform};
use gradus_kernels::{Isa, Real};

/// v ← α v + (1 − α) d², then d ← d / (√v + ε); centred: a ← α a + (1 − α) d and √(v − a²) in the place of √v.
///
/// Source: Tieleman & Hinton 2012 (lecture 6.5); centred, Graves 2013, eq. 38 to 40; ε outside the root, as in PyTorch.
#[derive(Clone, Copy, Debug)]
pub struct RmsScale {
    /// α, in [0, 1).
    pub alpha: f64,
    /// ε, above 0.
    pub eps: f64,
    /// Whether the running mean is taken off.
    pub centered: bool,
}

impl<T: Real> Transform<T> for RmsScale {
    fn name(&self) -> &'static str {
        "rmsprop"
    }

    fn slots(&self) -> &'static [&'static str] {
        if self.centered { &["second", "mean"] } else { &["second"] }
    }

    fn check(&self) -> Result<(), String> {
        if !(0.0..1.0).contains(&self.alpha) {
            return Err(format!("alpha must lie in [0, 1), got {}", self.alpha));
        }
        super::positive("eps", self.eps)
    }

    fn apply(&self, _: &Context<'_>, direction: &mut [T], _: &[T], state: &mut [&mut [T]]) {
        let rule = self.rule();
        match state {
            [v] => update(rule, [], [direction, v]),
            [v, a] => update(rule, [], [direction, v, a]),
            _ => debug_assert!(false, "one or two slots"),
        }
    }

    fn finish(&self, _: &Context<'_>, last: Last<'_, T>, state: &mut [&mut [T]]) -> bool {
        let rule = self.rule();
        match state {
            [v] => update(last.through(rule), [last.direction], [last.weights, v]),
            [v, a] => update(last.through(rule), [last.direction], [last.weights, v, a]),
            _ => return false,
        }
        true
    }
}

impl RmsScale {
    fn rule<T: Real>(&self) -> Rms<T> {
        Rms { alpha: T::from_f64(self.alpha), fresh: T::from_f64(1.0 - self.alpha), eps: T::from_f64(self.eps) }
    }
}

#[derive(Clone, Copy)]
struct Rms<T> {
    alpha: T,
    fresh: T,
    eps: T,
}

impl<T: Real> Update<T, 0, 2> for Rms<T> {
    #[inline(always)]
    fn at<S: Isa>(self, s: S, _: [T; 0], [d, v]: [T; 2]) -> [T; 2] {
        let v = s.mul_add(self.alpha, v, self.fresh * d * d);
        [d / (v.sqrt() + self.eps), v]
    }
}

impl<T: Real> Update<T, 0, 3> for Rms<T> {
    #[inline(always)]
    fn at<S: Isa>(self, s: S, _: [T; 0], [d, v, a]: [T; 3]) -> [T; 3] {
        let v = s.mul_add(self.alpha, v, self.fresh * d * d);
        let a = s.mul_add(self.alpha, a, self.fresh * d);
        // v ≥ a² up to rounding: a constant gradient must not give the root of a small negative number.
        let spread = v - a * a;
        let spread = if spread > T::ZERO { spread } else { T::ZERO };
        [d / (spread.sqrt() + self.eps), v, a]
    }
}
