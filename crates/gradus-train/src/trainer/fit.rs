//! The loop: epochs, batches, steps.

use super::Trainer;
use super::held::judge;
use super::run::Run;
use crate::batch::ToTensors;
use crate::error::{Error, ErrorKind, Result};
use crate::feed::Place;
use crate::history::Record;
use crate::progress::Display;
use crate::report::{Report, Stop};
use gradus_data::Dataset;
use gradus_nn::init::Real as _;
use gradus_optim::Optimise;
use gradus_tensor::{Gradients, Mode, Module};
use rand::Rng;
use std::time::Instant;

impl<N, B, O> Trainer<'_, N, B, O>
where
    N: Module + 'static,
    B: 'static,
    O: Optimise<N::Elem>,
{
    /// Trains `net` on `train`.
    ///
    /// # Errors
    /// If a setting is out of range, the data cannot be read, the objective or the optimiser refuses a step, or a loss is
    /// not finite: the message names epoch, batch and step, and the weights are those before that step.
    pub fn fit<D>(&mut self, net: &mut N, train: &D, rng: &mut (impl Rng + ?Sized)) -> Result<Report>
    where
        D: Dataset + ?Sized,
        D::Batch: ToTensors<Tensors = B>,
    {
        self.check(train.len())?;
        let place = Place::new(rng.next_u64(), train.len(), self.batch_size);
        let mut run = Run::new(place, rng.next_u64());
        let batches = place.pieces().len() as u64;
        let display = Display::start(self.progress, self.epochs, self.epochs * batches, 0);
        let clock = Instant::now();
        let mut unused = Vec::new();
        while run.place.epoch < self.epochs {
            let order = run.place.order();
            let pieces = run.place.pieces();
            while (run.place.batch as usize) < pieces.len() {
                let mut grads: Option<Gradients<N::Elem>> = None;
                let group = self.accumulate.min(pieces.len() - run.place.batch as usize);
                for _ in 0..group {
                    let rows = &order[pieces.range(run.place.batch as usize)];
                    let batch = train.gather(rows)?.to_tensors();
                    let new = self.gradients(net, &batch, rows.len(), &mut run)?;
                    grads = Some(match grads {
                        None => new,
                        Some(sum) => sum.plus(new),
                    });
                    run.place.batch += 1;
                    display.tick();
                }
                let Some(mut grads) = grads else { break };
                if group > 1 {
                    grads = grads.map(|g| g * (1.0 / group as f64));
                }
                let stepped = self.optimiser.try_step(net, &grads)?;
                if run.step == 0 && stepped.unused > 0 {
                    unused = self.optimiser.unused_names();
                    display.say(&format!(
                        "training: {} received no gradient in the first step; freeze them, or see whether the path is cut",
                        unused.join(", ")
                    ));
                }
                run.step += 1;
                run.rate = stepped.rate;
            }
            let record = self.end_epoch(net, &mut run, clock.elapsed().as_secs_f64())?;
            display.epoch(&record);
            run.history.push(record);
        }
        let seconds = clock.elapsed().as_secs_f64();
        let (history, steps) = (run.history, run.step);
        Ok(Report { history, steps, seconds, stop: Stop::Epochs, unused })
    }

    /// One batch, forward and backward.
    fn gradients(&self, net: &N, batch: &B, n: usize, run: &mut Run) -> Result<Gradients<N::Elem>> {
        let mut mode = Mode::train(&mut run.rng);
        let value = self.objective.evaluate(net, batch, &mut mode)?;
        let total = value.total().item().to_f64();
        if !total.is_finite() {
            let terms: Vec<String> = std::iter::once(("data", value.data()))
                .chain(value.penalties().iter().copied())
                .map(|(name, x)| format!("{name} {x}"))
                .collect();
            let Place { epoch, batch, .. } = run.place;
            let message = format!(
                "training: the loss is {total} ({}) in epoch {}, batch {}, step {}; lower the rate, clip the gradient, or run \
                 the step under gradus_tensor::anomaly to see which op began it",
                terms.join(", "),
                epoch + 1,
                batch + 1,
                run.step + 1
            );
            return Err(Error::new(ErrorKind::NonFinite, message));
        }
        run.sums.add(n, value.data(), value.penalties());
        Ok(value.backward())
    }

    /// Judges the net and closes the epoch.
    fn end_epoch(&mut self, net: &N, run: &mut Run, seconds: f64) -> Result<Record> {
        let (loss, penalties) = run.sums.take();
        let validation = match &self.validation {
            Some(data) => judge(net, &**data, &mut self.judge, &self.objective)?,
            None => Vec::new(),
        };
        run.place.next_epoch();
        let record =
            Record { epoch: run.place.epoch, step: run.step, rate: run.rate, loss, penalties, validation, seconds };
        self.optimiser.end_epoch();
        self.optimiser.observe(record.validation("loss").unwrap_or(record.total()));
        Ok(record)
    }

    fn check(&self, samples: usize) -> Result<()> {
        let bad = |message: &str| Err(Error::new(ErrorKind::Argument, format!("Trainer: {message}")));
        match (samples, self.batch_size, self.accumulate) {
            (0, ..) => bad("there is no sample to train on"),
            (_, 0, _) => bad("the batch size must be at least 1, got 0"),
            (.., 0) => bad("accumulate must be at least 1 batch a step, got 0"),
            _ => Ok(()),
        }
    }
}
