//! Weight decay, coupled or decoupled: the place in the chain decides.

use super::lanes::{Update, update};
use super::{Context, Transform};
use gradus_kernels::{Isa, Real};

/// d ← d + λ w.
///
/// Before momentum or moments the decay is *coupled*: the gradient of (λ/2)‖w‖². Behind them it is *decoupled*: the step
/// is w ← (1 − α λ) w − α d (Loshchilov & Hutter 2019). Under plain gradient descent both are the same.
#[derive(Clone, Copy, Debug)]
pub struct WeightDecay(
    /// λ, at least 0; a parameter group may put another in its place.
    pub f64,
);

impl<T: Real> Transform<T> for WeightDecay {
    fn name(&self) -> &'static str {
        "weight decay"
    }

    fn check(&self) -> Result<(), String> {
        super::not_negative("weight decay", self.0)
    }

    fn apply(&self, at: &Context<'_>, direction: &mut [T], weights: &[T], _: &mut [&mut [T]]) {
        update(AddScaled(T::from_f64(at.decay.unwrap_or(self.0))), [weights], [direction]);
    }

    fn idle(&self, at: &Context<'_>) -> bool {
        at.decay.unwrap_or(self.0) == 0.0
    }

    fn decay(&self, at: &Context<'_>) -> Option<f64> {
        Some(at.decay.unwrap_or(self.0))
    }
}

/// d = g + λ w: what the decay makes of a gradient.
pub(super) fn decayed<T: Real>(lambda: T, g: &[T], w: &[T], d: &mut [T]) {
    update(AddScaled(lambda), [w, g], [d]);
}

/// y + a x, in place of y or read from beside it.
#[derive(Clone, Copy)]
struct AddScaled<T>(T);

impl<T: Real> Update<T, 1, 1> for AddScaled<T> {
    #[inline(always)]
    fn at<S: Isa>(self, s: S, [x]: [T; 1], [y]: [T; 1]) -> [T; 1] {
        [s.mul_add(self.0, x, y)]
    }
}

impl<T: Real> Update<T, 2, 1> for AddScaled<T> {
    #[inline(always)]
    fn at<S: Isa>(self, s: S, [x, y]: [T; 2], _: [T; 1]) -> [T; 1] {
        [s.mul_add(self.0, x, y)]
    }
}
