//! Clipping by value, by the norm of a leaf, by the norm of all leaves together.

use super::lanes::{Update, update};
use super::scale::Times;
use super::{Context, Needs, Transform};
use gradus_kernels::{Isa, Real};

/// d ← min(max(d, −c), c).
#[derive(Clone, Copy, Debug)]
pub struct ClipByValue(
    /// c, above 0.
    pub f64,
);

impl<T: Real> Transform<T> for ClipByValue {
    fn name(&self) -> &'static str {
        "clip by value"
    }

    fn check(&self) -> Result<(), String> {
        super::positive("the largest value", self.0)
    }

    fn apply(&self, _: &Context<'_>, direction: &mut [T], _: &[T], _: &mut [&mut [T]]) {
        update(Clamp(T::from_f64(self.0)), [], [direction]);
    }
}

#[derive(Clone, Copy)]
struct Clamp<T>(T);

impl<T: Real> Update<T, 0, 1> for Clamp<T> {
    #[inline(always)]
    fn at<S: Isa>(self, _: S, _: [T; 0], [d]: [T; 1]) -> [T; 1] {
        let low = if d < -self.0 { -self.0 } else { d };
        [if low > self.0 { self.0 } else { low }]
    }
}

/// d ← d·min(1, c/‖d‖), each leaf by its own 2-norm.
#[derive(Clone, Copy, Debug)]
pub struct ClipByLeafNorm(
    /// c, above 0.
    pub f64,
);

impl<T: Real> Transform<T> for ClipByLeafNorm {
    fn name(&self) -> &'static str {
        "clip by norm"
    }

    fn needs(&self) -> Needs {
        Needs::LeafNorm
    }

    fn check(&self) -> Result<(), String> {
        super::positive("the largest norm", self.0)
    }

    fn apply(&self, at: &Context<'_>, direction: &mut [T], _: &[T], _: &mut [&mut [T]]) {
        update(Times(T::from_f64(self.0 / at.leaf_norm)), [], [direction]);
    }

    fn idle(&self, at: &Context<'_>) -> bool {
        at.leaf_norm <= self.0
    }
}

/// d ← d·min(1, c/‖(d₁, d₂, …)‖), all leaves by their common 2-norm.
///
/// PyTorch's `clip_grad_norm_` adds 1e-6 to the norm; here a clipped gradient has the norm c exactly.
/// Source: Pascanu, Mikolov & Bengio 2013.
#[derive(Clone, Copy, Debug)]
pub struct ClipByGlobalNorm(
    /// c, above 0.
    pub f64,
);

impl<T: Real> Transform<T> for ClipByGlobalNorm {
    fn name(&self) -> &'static str {
        "clip by global norm"
    }

    fn needs(&self) -> Needs {
        Needs::GlobalNorm
    }

    fn check(&self) -> Result<(), String> {
        super::positive("the largest norm", self.0)
    }

    fn apply(&self, at: &Context<'_>, direction: &mut [T], _: &[T], _: &mut [&mut [T]]) {
        update(Times(T::from_f64(self.0 / at.global_norm)), [], [direction]);
    }

    fn idle(&self, at: &Context<'_>) -> bool {
        at.global_norm <= self.0
    }
}

/// d ← d within [−c, c], and 0 for what is not a number.
#[derive(Clone, Copy, Debug)]
pub struct Finite(
    /// c, above 0.
    pub f64,
);

impl<T: Real> Transform<T> for Finite {
    fn name(&self) -> &'static str {
        "finite"
    }

    fn check(&self) -> Result<(), String> {
        super::positive("the largest value", self.0)
    }

    fn apply(&self, _: &Context<'_>, direction: &mut [T], _: &[T], _: &mut [&mut [T]]) {
        update(FiniteClamp(T::from_f64(self.0)), [], [direction]);
    }
}

#[derive(Clone, Copy)]
struct FiniteClamp<T>(T);

impl<T: Real> Update<T, 0, 1> for FiniteClamp<T> {
    #[inline(always)]
    fn at<S: Isa>(self, s: S, x: [T; 0], [d]: [T; 1]) -> [T; 1] {
        Clamp(self.0).at(s, x, [if d.is_nan() { T::ZERO } else { d }])
    }
}
