//! The loop: epochs, batches, steps.

use super::Trainer;
use super::held::judge;
use super::run::Run;
use super::step::Group;
use crate::batch::ToTensors;
use crate::error::{Error, ErrorKind, Result};
use crate::feed::{Feed, Rows};
use crate::history::Record;
use crate::interrupt::Interrupt;
use crate::progress::Display;
use crate::report::{Report, Stop};
use gradus_data::{Dataset, Loader};
use gradus_optim::Optimise;
use gradus_tensor::{Mode, Module};
use rand::Rng;
use std::ops::ControlFlow::{Break, Continue};
use std::path::PathBuf;
use std::time::Instant;

/// What stands around a run in this process.
struct Around {
    display: Display,
    interrupt: Option<Interrupt>,
    clock: Instant,
    unused: Vec<String>,
    saved: Option<PathBuf>,
}

impl<N, B, O> Trainer<'_, N, B, O>
where
    N: Module + 'static,
    B: 'static,
    O: Optimise<N::Elem>,
{
    /// Trains `net` on `train`, in a new random order every epoch.
    ///
    /// # Errors
    /// If a setting is out of range, the data cannot be read, the objective or the optimiser refuses a step, a checkpoint
    /// cannot be written or read, or a loss is not finite: the message names epoch, batch and step, and the weights are those
    /// before that step.
    pub fn fit<D>(&mut self, net: &mut N, train: &D, rng: &mut (impl Rng + ?Sized)) -> Result<Report>
    where
        D: Dataset + ?Sized,
        D::Batch: ToTensors<Tensors = B>,
    {
        self.check(train.len())?;
        let mut feed = Rows::new(train, self.batch_size, rng.next_u64());
        self.go(net, &mut feed, rng.next_u64())
    }

    /// Trains `net` on the batches of a loader, which brings its own size, order and seed; the number of its workers changes
    /// nothing but the time.
    ///
    /// # Errors
    /// As [`fit`](Trainer::fit).
    pub fn fit_loader<L>(
        &mut self,
        net: &mut N,
        loader: &mut Loader<L>,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Report>
    where
        L: ToTensors<Tensors = B> + Send + 'static,
    {
        self.check(loader.pieces().len())?;
        let mut feed = loader;
        self.go(net, &mut feed, rng.next_u64())
    }

    fn go(&mut self, net: &mut N, feed: &mut dyn Feed<B>, seed: u64) -> Result<Report> {
        let (mut run, says) = match self.restore(net)? {
            Some((run, says)) => {
                feed.go_to(run.place)?;
                (run, says)
            }
            None => (Run::new(feed.place(), seed), Vec::new()),
        };
        let batches = feed.batches();
        let done = run.place.epoch() * batches + run.place.batch();
        let mut around = Around {
            display: Display::start(self.progress, self.epochs, self.epochs * batches, done),
            interrupt: self.checkpoints.is_some().then(Interrupt::listen),
            clock: Instant::now(),
            unused: Vec::new(),
            saved: None,
        };
        says.iter().for_each(|text| around.display.say(text));
        let _span = tracing::info_span!("fit", epochs = self.epochs, batches, step = run.step).entered();
        let mut stop = None;
        while stop.is_none() && run.place.epoch() < self.epochs {
            if let Some((goal, patience)) = &self.patience
                && run.place.batch() == 0
                && goal.exhausted(*patience, &run.history)?
            {
                stop = Some(Stop::Early);
                break;
            }
            stop = self.epoch(net, feed, &mut run, &mut around)?;
        }
        let Around { display, clock, unused, saved, .. } = around;
        if let (Some(Stop::Interrupted), Some(path)) = (stop, &saved) {
            display.say(&format!(
                "training: stopped by Ctrl-C after step {} and saved as {}; the same trainer with resume(true) goes on there",
                run.step,
                path.display()
            ));
        }
        let seconds = clock.elapsed().as_secs_f64();
        let stop = stop.unwrap_or(Stop::Epochs);
        Ok(Report { history: run.history, steps: run.step, seconds, stop, unused, saved })
    }

    /// What is left of an epoch, and its end; why the run should stop after it.
    fn epoch(
        &mut self,
        net: &mut N,
        feed: &mut dyn Feed<B>,
        run: &mut Run,
        around: &mut Around,
    ) -> Result<Option<Stop>> {
        let (batches, mut group) = (feed.batches(), Group::new());
        let _span = tracing::info_span!("epoch", number = run.place.epoch() + 1).entered();
        let (mut wish, mut broken) = (None, false);
        feed.rest(&mut |batch, piece| {
            let _span = tracing::trace_span!("batch", index = piece.index, step = run.step).entered();
            let mut mode = Mode::train(&mut run.rng);
            let (grads, loss) = self.gradients(net, &batch, piece, &mut mode, run)?;
            group.hold(batch, mode, self.optimiser.looks_elsewhere());
            group.add(grads);
            around.display.tick(loss);
            let last = piece.index + 1 == batches;
            if group.batches < self.accumulate && !last {
                return Ok(Continue(()));
            }
            let Some(grads) = group.take() else { return Ok(Continue(())) };
            let stepped = self.step(net, grads, &group.held, piece, run)?;
            if run.step == 0 && stepped.unused > 0 {
                around.unused = self.optimiser.unused_names();
                around.display.say(&format!(
                    "training: {} received no gradient in the first step; freeze them, or see whether the path is cut",
                    around.unused.join(", ")
                ));
            }
            (run.step, run.rate) = (run.step + 1, stepped.rate);
            if let Some(average) = &mut self.average {
                average.update(net);
            }
            if self.tell_step(net, piece, loss, run) {
                wish = Some(Stop::Callback);
            }
            if around.interrupt.as_ref().is_some_and(Interrupt::asked) {
                wish = Some(Stop::Interrupted);
            }
            // The last step of an epoch is saved with the end of the epoch.
            if last {
                return Ok(Continue(()));
            }
            run.place = piece.after;
            if wish.is_some() || self.checkpoints.as_ref().is_some_and(|c| c.due(run.step)) {
                around.saved = self.save(net, run)?;
            }
            broken = wish.is_some();
            Ok(if broken { Break(()) } else { Continue(()) })
        })?;
        if broken {
            return Ok(wish);
        }
        run.place = feed.place();
        let record = self.end_epoch(net, run, around.clock.elapsed().as_secs_f64())?;
        around.display.epoch(&record);
        tracing::info!(epoch = record.epoch, step = record.step, loss = record.loss, "epoch done");
        run.history.push(record.clone());
        for callback in &mut self.callbacks {
            if callback.after_epoch(net, &record).is_break() {
                wish = wish.or(Some(Stop::Callback));
            }
        }
        if let Some(checkpoints) = &self.checkpoints {
            match &self.average {
                Some(average) => checkpoints.save_if_best(&average.averaged(net)?, &run.history)?,
                None => checkpoints.save_if_best(net, &run.history)?,
            }
            around.saved = self.save(net, run)?;
            run.history.write_json_lines(checkpoints.dir().join("history.jsonl"))?;
        }
        Ok(wish)
    }

    /// Judges the net and closes the epoch.
    fn end_epoch(&mut self, net: &N, run: &mut Run, seconds: f64) -> Result<Record> {
        let (loss, penalties) = run.sums.take();
        let averaged = self.average.as_ref().map(|average| average.averaged(net)).transpose()?;
        let shown = averaged.as_ref().unwrap_or(net);
        let training = match &self.training {
            Some(data) => judge(shown, &**data, &mut self.judge, &self.objective)?,
            None => Vec::new(),
        };
        let validation = match &self.validation {
            Some(data) => judge(shown, &**data, &mut self.judge, &self.objective)?,
            None => Vec::new(),
        };
        let (epoch, step, rate) = (run.place.epoch(), run.step, run.rate);
        let callbacks = self.callbacks.iter_mut().flat_map(|callback| callback.numbers(net)).collect();
        let record = Record { epoch, step, rate, loss, penalties, training, validation, callbacks, seconds };
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
