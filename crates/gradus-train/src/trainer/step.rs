//! One batch, forward and backward; one optimiser step; and the words for what is not finite.

use super::Trainer;
use super::run::Run;
use crate::callback::Step;
use crate::error::{Error, ErrorKind, Result};
use crate::feed::Piece;
use gradus_nn::init::Real as _;
use gradus_optim::{Kind, Optimise, Stepped};
use gradus_tensor::{Gradients, Mode, Module};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The batches of the present step.
pub(super) struct Group<T: gradus_tensor::Real, B> {
    grads: Option<Gradients<T>>,
    pub(super) batches: usize,
    /// The batches that may be wanted again, each with its masks; the last one always.
    pub(super) held: Vec<(B, Mode)>,
}

impl<T: gradus_tensor::Real, B> Group<T, B> {
    pub(super) fn new() -> Self {
        Group { grads: None, batches: 0, held: Vec::new() }
    }

    /// Keeps a batch, beside those before it or in their place.
    pub(super) fn hold(&mut self, batch: B, mode: Mode, all: bool) {
        if !all || self.batches == 0 {
            self.held.clear();
        }
        self.held.push((batch, mode));
    }

    pub(super) fn add(&mut self, new: Gradients<T>) {
        self.grads = Some(match self.grads.take() {
            None => new,
            Some(sum) => sum.plus(new),
        });
        self.batches += 1;
    }

    /// The mean of the gradients, and an empty group.
    pub(super) fn take(&mut self) -> Option<Gradients<T>> {
        let n = std::mem::take(&mut self.batches);
        let grads = self.grads.take()?;
        Some(if n > 1 { grads.map(|g| g * (1.0 / n as f64)) } else { grads })
    }
}

impl<N, B, O> Trainer<'_, N, B, O>
where
    N: Module + 'static,
    B: 'static,
    O: Optimise<N::Elem>,
{
    /// One batch, forward and backward; the value of the objective beside the gradients.
    pub(super) fn gradients(
        &self,
        net: &N,
        batch: &B,
        piece: Piece,
        mode: &mut Mode,
        run: &mut Run,
    ) -> Result<(Gradients<N::Elem>, f64)> {
        let value = self.objective.evaluate(net, batch, mode)?;
        let total = value.total().item().to_f64();
        if !total.is_finite() {
            let terms: Vec<String> = std::iter::once(("data", value.data()))
                .chain(value.penalties().iter().copied())
                .map(|(name, x)| format!("{name} {x}"))
                .collect();
            let what = format!("the loss is {total} ({})", terms.join(", "));
            return Err(self.not_finite(&what, net, batch, piece, mode, run));
        }
        run.sums.add(piece.samples, value.data(), value.penalties());
        Ok((value.backward(), total))
    }

    /// The optimiser's step, with the gradients where it wants them.
    pub(super) fn step(
        &mut self,
        net: &mut N,
        grads: Gradients<N::Elem>,
        held: &[(B, Mode)],
        piece: Piece,
        run: &Run,
    ) -> Result<Stepped> {
        let grads = match self.optimiser.elsewhere(net, &grads)? {
            None => grads,
            Some(there) => {
                let mut group: Group<N::Elem, B> = Group::new();
                for (batch, mode) in held {
                    group.add(self.objective.evaluate(&there, batch, &mut mode.again())?.backward());
                }
                group.take().map_or(grads, |grads| grads.carried(&there, net))
            }
        };
        match (self.optimiser.try_step(net, &grads), held.last()) {
            (Ok(stepped), _) => Ok(stepped),
            (Err(e), Some((batch, mode))) if e.kind() == Kind::NonFinite => {
                Err(self.not_finite(&e.to_string(), net, batch, piece, mode, run))
            }
            (Err(e), _) => Err(e.into()),
        }
    }

    fn not_finite(&self, what: &str, net: &N, batch: &B, piece: Piece, mode: &Mode, run: &Run) -> Error {
        let (epoch, number, step) = (run.place.epoch() + 1, piece.index + 1, run.step + 1);
        let way_out = if self.anomaly {
            self.first_bad_op(net, batch, mode).unwrap_or_else(|| "no single op makes it from finite numbers".into())
        } else {
            "lower the rate, clip the gradient, or let the trainer look for the op that began it with anomaly(true)"
                .into()
        };
        let message = format!("training: {what} in epoch {epoch}, batch {number}, step {step}; {way_out}");
        Error::new(ErrorKind::NonFinite, message)
    }

    /// Does the batch again, watched: the first op that makes what is not finite from what is, in its own words.
    fn first_bad_op(&self, net: &N, batch: &B, mode: &Mode) -> Option<String> {
        let again = || {
            gradus_tensor::anomaly(|| {
                self.objective.evaluate(net, batch, &mut mode.again()).map(|value| drop(value.backward()))
            })
        };
        let said = catch_unwind(AssertUnwindSafe(again)).err()?;
        Some(words(&*said))
    }

    /// Tells the callbacks of a step; whether one of them wants to stop.
    pub(super) fn tell_step(&mut self, net: &mut N, piece: Piece, loss: f64, run: &Run) -> bool {
        let mut stop = false;
        for callback in &mut self.callbacks {
            let (epoch, batch) = (run.history.records().len() as u64 + 1, piece.index + 1);
            let at = Step { net: &mut *net, step: run.step, epoch, batch, loss, rate: run.rate };
            stop |= callback.after_step(at).is_break();
        }
        stop
    }
}

/// The message of a panic.
fn words(said: &(dyn Any + Send)) -> String {
    let text = said.downcast_ref::<String>().map(String::as_str).or_else(|| said.downcast_ref::<&str>().copied());
    text.unwrap_or("an op panicked without words").to_owned()
}
