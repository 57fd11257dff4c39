//! Scaling by a number or by a schedule.

use super::lanes::{Update, update};
use super::{Context, Transform};
use crate::schedule::Schedule;
use gradus_kernels::{Isa, Real};

/// d ← c·d; −1 at the front of a chain turns descent into ascent.
#[derive(Clone, Copy, Debug)]
pub struct Scale(
    /// c.
    pub f64,
);

impl<T: Real> Transform<T> for Scale {
    fn name(&self) -> &'static str {
        "scale"
    }

    fn check(&self) -> Result<(), String> {
        if self.0.is_finite() { Ok(()) } else { Err(format!("the factor must be finite, got {}", self.0)) }
    }

    fn apply(&self, _: &Context<'_>, direction: &mut [T], _: &[T], _: &mut [&mut [T]]) {
        update(Times(T::from_f64(self.0)), [], [direction]);
    }
}

/// d ← s(k)·d with a schedule s, beside the one that moves the learning rate.
pub struct ScaleBySchedule(
    /// s.
    pub Box<dyn Schedule>,
);

impl<T: Real> Transform<T> for ScaleBySchedule {
    fn name(&self) -> &'static str {
        "scale by schedule"
    }

    fn apply(&self, at: &Context<'_>, direction: &mut [T], _: &[T], _: &mut [&mut [T]]) {
        update(Times(T::from_f64(self.0.at(at.clock))), [], [direction]);
    }
}

/// y ← a y.
#[derive(Clone, Copy)]
pub(super) struct Times<T>(pub(super) T);

impl<T: Real> Update<T, 0, 1> for Times<T> {
    #[inline(always)]
    fn at<S: Isa>(self, _: S, _: [T; 0], [y]: [T; 1]) -> [T; 1] {
        [self.0 * y]
    }
}
