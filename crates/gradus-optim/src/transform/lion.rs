//! Lion: the sign of an interpolated momentum.

use super::lanes::{Update, update};
use super::{Context, Last, Transform};
use gradus_kernels::{Isa, Real};

/// c = β₁ m + (1 − β₁) d, m ← β₂ m + (1 − β₂) d, then d ← sign c, with sign 0 = 0.
///
/// Source: Chen et al. 2023, algorithm 2.
#[derive(Clone, Copy, Debug)]
pub struct LionSign {
    /// β₁, in [0, 1).
    pub beta1: f64,
    /// β₂, in [0, 1).
    pub beta2: f64,
}

impl<T: Real> Transform<T> for LionSign {
    fn name(&self) -> &'static str {
        "lion"
    }

    fn slots(&self) -> &'static [&'static str] {
        &["momentum"]
    }

    fn check(&self) -> Result<(), String> {
        for (name, beta) in [("beta1", self.beta1), ("beta2", self.beta2)] {
            if !(0.0..1.0).contains(&beta) {
                return Err(format!("{name} must lie in [0, 1), got {beta}"));
            }
        }
        Ok(())
    }

    fn apply(&self, _: &Context<'_>, direction: &mut [T], _: &[T], state: &mut [&mut [T]]) {
        update(self.rule(), [], [direction, &mut *state[0]]);
    }

    fn finish(&self, _: &Context<'_>, last: Last<'_, T>, state: &mut [&mut [T]]) -> bool {
        update(last.through(self.rule()), [last.direction], [last.weights, &mut *state[0]]);
        true
    }
}

impl LionSign {
    fn rule<T: Real>(&self) -> Sign<T> {
        Sign {
            beta1: T::from_f64(self.beta1),
            fresh1: T::from_f64(1.0 - self.beta1),
            beta2: T::from_f64(self.beta2),
            fresh2: T::from_f64(1.0 - self.beta2),
        }
    }
}

#[derive(Clone, Copy)]
struct Sign<T> {
    beta1: T,
    fresh1: T,
    beta2: T,
    fresh2: T,
}

impl<T: Real> Update<T, 0, 2> for Sign<T> {
    #[inline(always)]
    fn at<S: Isa>(self, s: S, _: [T; 0], [d, m]: [T; 2]) -> [T; 2] {
        let c = s.mul_add(self.beta1, m, self.fresh1 * d);
        let sign = if c == T::ZERO { T::ZERO } else { T::ONE.copysign(c) };
        [sign, s.mul_add(self.beta2, m, self.fresh2 * d)]
    }
}
