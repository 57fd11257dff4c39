//! The best net that satisfied all constraints.

use super::lock;
use crate::callback::Callback;
use crate::flat;
use crate::history::{History, Record};
use gradus_tensor::Module;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

/// Keeps the net of the best epoch at whose end no constraint was violated by more than a tolerance: by the validation loss, or by the
/// training loss where there is none. It reads the numbers that [`multiplier`](crate::multiplier)s put into the records.
///
/// Clones share what they keep: give one to the trainer and ask the other. The net is part of the saved state, number by number, so that a
/// resumed run keeps what one that never stopped would keep.
/// ```
/// use gradus_train::{BestFeasible, tensor::Tensor};
/// let best = BestFeasible::<Tensor>::new(1e-3);
/// // Trainer::new(…).callback(climb).callback(best.clone())
/// assert!(best.kept().is_none());
/// ```
#[derive(Debug)]
pub struct BestFeasible<N> {
    tolerance: f64,
    best: Arc<Mutex<Option<(Record, N)>>>,
}

impl<N> Clone for BestFeasible<N> {
    fn clone(&self) -> Self {
        BestFeasible { tolerance: self.tolerance, best: self.best.clone() }
    }
}

impl<N: Clone> BestFeasible<N> {
    /// Nothing kept yet; a violation up to `tolerance` is none.
    pub fn new(tolerance: f64) -> Self {
        BestFeasible { tolerance, best: Arc::default() }
    }

    /// The best epoch so far and its net; `None` where no epoch was feasible.
    pub fn kept(&self) -> Option<(Record, N)> {
        lock(&self.best).clone()
    }
}

fn loss(record: &Record) -> f64 {
    record.validation("loss").unwrap_or(record.loss)
}

impl<N: Module> Callback<N> for BestFeasible<N> {
    fn name(&self) -> &str {
        "best_feasible"
    }

    fn after_epoch(&mut self, net: &mut N, record: &Record) -> ControlFlow<()> {
        let mut violations = record.callbacks.iter().filter(|(name, _)| name.ends_with(".violation"));
        let mut best = lock(&self.best);
        // Not a number is not feasible.
        let feasible = violations.all(|(_, violation)| *violation <= self.tolerance);
        if feasible && best.as_ref().is_none_or(|(kept, _)| loss(record) < loss(kept)) {
            *best = Some((record.clone(), net.clone()));
        }
        ControlFlow::Continue(())
    }

    /// The number of the kept epoch, 0 where there is none, and the numbers of its net; the record is in the history.
    fn state(&self) -> Vec<f64> {
        match &*lock(&self.best) {
            Some((record, net)) => std::iter::once(record.epoch as f64).chain(flat::numbers(net)).collect(),
            None => vec![0.0],
        }
    }

    fn restore_with(&mut self, state: &[f64], net: &N, history: &History) -> Result<(), String> {
        let [epoch, numbers @ ..] = state else { return Err("expected the number of an epoch, got nothing".into()) };
        let kept = if *epoch == 0.0 && numbers.is_empty() {
            None
        } else {
            let record = history.records().iter().find(|record| record.epoch as f64 == *epoch);
            let record =
                record.ok_or_else(|| format!("it kept the net of epoch {epoch}, which the history has not"))?;
            Some((record.clone(), flat::with_numbers(net, numbers)?))
        };
        *lock(&self.best) = kept;
        Ok(())
    }
}
