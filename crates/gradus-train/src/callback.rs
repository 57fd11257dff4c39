//! What a run does besides, after its steps and epochs: code of the user, which may stop it and may be part of its state.

use crate::history::{History, Record};
use gradus_tensor::Module;
use std::ops::ControlFlow;

/// A step that was just done.
#[derive(Debug)]
pub struct Step<'a, N> {
    /// The net, after the step; it may be changed (a projection, a clip of weights).
    pub net: &'a mut N,
    /// Optimiser steps so far, this one included.
    pub step: u64,
    /// The number of the epoch, from 1.
    pub epoch: u64,
    /// Batches of this epoch so far.
    pub batch: u64,
    /// The value of the objective at the last batch of the step, before it.
    pub loss: f64,
    /// The rate of the step.
    pub rate: f64,
}

/// Code that runs after steps and epochs.
///
/// A break ends the run: it saves itself, where it has checkpoints, and its report says [`Stop::Callback`](crate::Stop).
/// ```
/// use gradus_train::{Callback, Step, tensor::Tensor};
/// use std::ops::ControlFlow;
/// struct Longest(f64);
/// impl Callback<Tensor> for Longest {
///     fn name(&self) -> &str { "longest" }
///     fn after_step(&mut self, at: Step<'_, Tensor>) -> ControlFlow<()> {
///         self.0 = self.0.max(at.loss);
///         ControlFlow::Continue(())
///     }
///     fn state(&self) -> Vec<f64> { vec![self.0] }
///     fn restore(&mut self, state: &[f64]) -> Result<(), String> {
///         self.0 = *state.first().ok_or("expected one number")?;
///         Ok(())
///     }
/// }
/// ```
pub trait Callback<N: Module> {
    /// Its name, in saved states and messages.
    fn name(&self) -> &str;

    /// After an optimiser step.
    fn after_step(&mut self, _step: Step<'_, N>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    /// What it has to say of the epoch that has just ended, by name: part of the epoch's [`Record`].
    fn numbers(&mut self, _net: &N) -> Vec<(String, f64)> {
        Vec::new()
    }

    /// After an epoch and its validation.
    fn after_epoch(&mut self, _net: &mut N, _record: &Record) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    /// What it has to remember when the run is saved: a few numbers, or as many as the net has.
    fn state(&self) -> Vec<f64> {
        Vec::new()
    }

    /// Takes back what [`state`](Callback::state) gave; an error says what does not fit.
    ///
    /// # Errors
    /// If the state is not one of its own.
    fn restore(&mut self, state: &[f64]) -> Result<(), String> {
        if state.is_empty() { Ok(()) } else { Err(format!("expected nothing, got {} numbers", state.len())) }
    }

    /// As [`restore`](Callback::restore), which it calls, for a callback that keeps nets or records: `net` and `history` are those of the
    /// saved run, already restored.
    ///
    /// # Errors
    /// If the state is not one of its own.
    fn restore_with(&mut self, state: &[f64], _net: &N, _history: &History) -> Result<(), String> {
        self.restore(state)
    }
}

/// A closure after every step.
pub(crate) struct OnStep<F>(pub(crate) F);

impl<N: Module, F: FnMut(Step<'_, N>) -> ControlFlow<()>> Callback<N> for OnStep<F> {
    fn name(&self) -> &str {
        "on_step"
    }
    fn after_step(&mut self, step: Step<'_, N>) -> ControlFlow<()> {
        (self.0)(step)
    }
}

/// A closure after every epoch.
pub(crate) struct OnEpoch<F>(pub(crate) F);

impl<N: Module, F: FnMut(&mut N, &Record) -> ControlFlow<()>> Callback<N> for OnEpoch<F> {
    fn name(&self) -> &str {
        "on_epoch"
    }
    fn after_epoch(&mut self, net: &mut N, record: &Record) -> ControlFlow<()> {
        (self.0)(net, record)
    }
}
