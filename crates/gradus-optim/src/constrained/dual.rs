//! What moves the multipliers: an integral and proportional rule, or any optimiser.

use crate::error::{Error, Kind};
use crate::optimiser::{Numbers, Optimise};
use gradus_tensor::Tensor;

/// A rule for the multipliers: they climb along g − γ. Those of inequalities are kept ≥ 0 by the method.
pub trait Dual {
    /// What it remembers between steps, where it is not in the rule itself.
    type Memory: Default;

    /// One step of λ (a leaf with one number a constraint) along g − γ.
    ///
    /// # Errors
    /// If a constraint is not finite.
    fn climb(&mut self, memory: &mut Self::Memory, lambda: &mut Tensor<f64>, excess: &[f64]) -> Result<(), Error>;

    /// Everything that it remembers, as numbers.
    fn save(&self, memory: &Self::Memory) -> Vec<f64>;

    /// Takes back what [`save`](Dual::save) gave, for the multipliers `lambda`, whose numbers are set afterwards; an error says what
    /// does not fit.
    ///
    /// # Errors
    /// If the numbers are not those of such a rule.
    fn load(&mut self, lambda: &mut Tensor<f64>, saved: &[f64]) -> Result<Self::Memory, String>;
}

/// The rule of the multipliers: λ_{t+1} = λ_t + κ_i ξ_t + κ_p (ξ_t − ξ_{t−1}), ξ_t = ν ξ_{t−1} + (1 − ν)(g − γ), kept ≥ 0 for
/// inequalities (Sohrabi et al. 2024). κ_p = 0, ν = 0 is plain gradient ascent; κ_p damps its oscillations.
#[derive(Clone, Copy, Debug)]
pub struct NuPi {
    /// κ_i, the rate of ascent.
    pub integral: f64,
    /// κ_p.
    pub proportional: f64,
    /// ν, the smoothing of a noisy constraint.
    pub nu: f64,
}

impl NuPi {
    /// λ after one step, and ξ, which was `smoothed` before (`None` at the first step: ξ_{−1} = g − γ).
    pub fn step(self, lambda: f64, smoothed: Option<f64>, excess: f64) -> (f64, f64) {
        let before = smoothed.unwrap_or(excess);
        let now = self.nu * before + (1.0 - self.nu) * excess;
        (lambda + self.integral * now + self.proportional * (now - before), now)
    }
}

impl Dual for NuPi {
    type Memory = Vec<f64>;

    fn climb(&mut self, memory: &mut Vec<f64>, lambda: &mut Tensor<f64>, excess: &[f64]) -> Result<(), Error> {
        if let Some(e) = excess.iter().find(|e| !e.is_finite()) {
            let why = format!("nupi: a constraint is {e}; a multiplier that followed it would not come back");
            return Err(Error::new(Kind::NonFinite, why));
        }
        lambda.rewrite_leaf(|lambda| {
            let next = |(i, (l, e)): (usize, (&mut f64, &f64))| {
                let (to, smoothed) = self.step(*l, memory.get(i).copied(), *e);
                *l = to;
                smoothed
            };
            *memory = lambda.iter_mut().zip(excess).enumerate().map(next).collect();
        });
        Ok(())
    }

    fn save(&self, memory: &Vec<f64>) -> Vec<f64> {
        memory.clone()
    }

    fn load(&mut self, lambda: &mut Tensor<f64>, saved: &[f64]) -> Result<Vec<f64>, String> {
        match saved.len() {
            n if n == 0 || n == lambda.len() => Ok(saved.to_vec()),
            n => Err(format!("expected ξ of {} multipliers, got {n} numbers", lambda.len())),
        }
    }
}

/// Ascent by an optimiser, on the gradient g − γ of the Lagrangian in λ: `Ascent(Adam::new(0.01))`.
///
/// Momentum that has gathered while λ lay at 0 is not cleared.
#[derive(Clone, Debug)]
pub struct Ascent<O>(pub O);

impl<O: Optimise<f64>> Dual for Ascent<O> {
    type Memory = ();

    fn climb(&mut self, (): &mut (), lambda: &mut Tensor<f64>, excess: &[f64]) -> Result<(), Error> {
        let gradients = (&*lambda * Tensor::from_slice(&[excess.len()], excess)).sum() * -1.0;
        self.0.try_step(lambda, &gradients.backward()).map(drop)
    }

    /// Steps, epochs, updates of λ, what the schedule remembers and how much, the slots of λ.
    fn save(&self, (): &()) -> Vec<f64> {
        let state = self.0.state();
        let Some(leaf) = state.leaves.first() else { return Vec::new() };
        let counts = [state.clock.step, state.clock.epoch, leaf.count, state.schedule.len() as u64];
        let slots = leaf.slots.iter().flat_map(|(_, x)| match x {
            Numbers::F64(x) => x.clone(),
            Numbers::F32(x) => x.iter().map(|x| f64::from(*x)).collect(),
        });
        counts.into_iter().map(|n| n as f64).chain(state.schedule.iter().copied()).chain(slots).collect()
    }

    fn load(&mut self, lambda: &mut Tensor<f64>, saved: &[f64]) -> Result<(), String> {
        let bad = || format!("{} numbers are not the state of such an optimiser", saved.len());
        let [step, epoch, count, n, rest @ ..] = saved else {
            return if saved.is_empty() { Ok(()) } else { Err(bad()) };
        };
        let (schedule, mut rest) = rest.split_at_checked(*n as usize).ok_or_else(bad)?;
        // A step that changes nothing shows which slots there are.
        let nothing = vec![0.0; lambda.len()];
        self.climb(&mut (), lambda, &nothing).map_err(|e| e.to_string())?;
        let mut state = self.0.state();
        (state.clock.step, state.clock.epoch, state.schedule) = (*step as u64, *epoch as u64, schedule.to_vec());
        state.leaves.truncate(1);
        for leaf in &mut state.leaves {
            leaf.count = *count as u64;
            for (_, slot) in &mut leaf.slots {
                let n = match slot {
                    Numbers::F64(x) => x.len(),
                    Numbers::F32(x) => x.len(),
                };
                let (own, more) = rest.split_at_checked(n).ok_or_else(bad)?;
                (*slot, rest) = (Numbers::F64(own.to_vec()), more);
            }
        }
        if !rest.is_empty() {
            return Err(bad());
        }
        self.0.restore(&*lambda, &state).map_err(|e| e.to_string())
    }
}
