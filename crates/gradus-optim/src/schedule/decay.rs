//! Plain decays: constant, steps, exponential, polynomial, 1/k, 1/√k, inverse root.

use super::{Clock, Schedule};

/// 1.
#[derive(Clone, Copy, Debug, Default)]
pub struct Constant;

/// No change.
pub fn constant() -> Constant {
    Constant
}

impl Schedule for Constant {
    fn at(&self, _: Clock) -> f64 {
        1.0
    }
}

/// γ^⌊k/every⌋.
#[derive(Clone, Copy, Debug)]
pub struct StepDecay {
    /// Steps between two falls, at least 1.
    pub every: u64,
    /// γ.
    pub gamma: f64,
}

/// Times γ after every `every` steps.
pub fn step_decay(every: u64, gamma: f64) -> StepDecay {
    StepDecay { every, gamma }
}

impl Schedule for StepDecay {
    fn at(&self, clock: Clock) -> f64 {
        self.gamma.powf((clock.step / self.every.max(1)) as f64)
    }
}

/// γ^(number of milestones ≤ k).
#[derive(Clone, Debug)]
pub struct MultiStep {
    /// The steps at which the rate falls.
    pub milestones: Vec<u64>,
    /// γ.
    pub gamma: f64,
}

/// Times γ at each milestone.
pub fn multi_step(milestones: impl Into<Vec<u64>>, gamma: f64) -> MultiStep {
    MultiStep { milestones: milestones.into(), gamma }
}

impl Schedule for MultiStep {
    fn at(&self, clock: Clock) -> f64 {
        self.gamma.powf(self.milestones.iter().filter(|&&m| m <= clock.step).count() as f64)
    }
}

/// γᵏ.
#[derive(Clone, Copy, Debug)]
pub struct Exponential {
    /// γ.
    pub gamma: f64,
}

/// Times γ at every step.
pub fn exponential(gamma: f64) -> Exponential {
    Exponential { gamma }
}

impl Schedule for Exponential {
    fn at(&self, clock: Clock) -> f64 {
        self.gamma.powf(clock.step as f64)
    }
}

/// floor + (1 − floor)·(1 − k/total)^power up to `total`, the floor behind it; power 1 is a straight line.
#[derive(Clone, Copy, Debug)]
pub struct Polynomial {
    /// How many steps the fall takes.
    pub total: u64,
    /// The exponent.
    pub power: f64,
    /// Where it ends, as a part of the rate.
    pub floor: f64,
}

/// (1 − k/total)^power.
pub fn polynomial(total: u64, power: f64) -> Polynomial {
    Polynomial { total, power, floor: 0.0 }
}

impl Polynomial {
    /// Ends at this part of the rate.
    pub fn floor(self, floor: f64) -> Self {
        Polynomial { floor, ..self }
    }
}

impl Schedule for Polynomial {
    fn at(&self, clock: Clock) -> f64 {
        if clock.step >= self.total {
            return self.floor;
        }
        self.floor + (1.0 - self.floor) * (1.0 - clock.step as f64 / self.total as f64).powf(self.power)
    }
}

/// (1 + k/scale)^(−power): 1/k for power 1, 1/√k for power ½.
///
/// With scale 1 the first steps have the factors 1, 1/2, 1/3, … (Robbins & Monro 1951 ask Σα = ∞, Σα² < ∞).
#[derive(Clone, Copy, Debug)]
pub struct InverseTime {
    /// How many steps count as one.
    pub scale: f64,
    /// The exponent.
    pub power: f64,
}

/// 1/(1 + k/scale).
pub fn inverse_time(scale: f64) -> InverseTime {
    InverseTime { scale, power: 1.0 }
}

/// 1/√(1 + k/scale).
pub fn inverse_sqrt(scale: f64) -> InverseTime {
    InverseTime { scale, power: 0.5 }
}

impl Schedule for InverseTime {
    fn at(&self, clock: Clock) -> f64 {
        (1.0 + clock.step as f64 / self.scale).powf(-self.power)
    }
}

/// min((k + 1)/warm, √(warm/(k + 1))): a linear rise, then the inverse root, 1 where they meet.
///
/// Source: Vaswani et al. 2017, section 5.3 (there with another constant in front).
#[derive(Clone, Copy, Debug)]
pub struct InverseRoot {
    /// Steps of the rise, at least 1.
    pub warm: u64,
}

/// A rise over `warm` steps, then √(warm/(k + 1)).
pub fn inverse_root(warm: u64) -> InverseRoot {
    InverseRoot { warm }
}

impl Schedule for InverseRoot {
    fn at(&self, clock: Clock) -> f64 {
        let (k, warm) = ((clock.step + 1) as f64, self.warm.max(1) as f64);
        (k / warm).min((warm / k).sqrt())
    }
}
