//! The trainer: what a run is made of. The loop itself is in `fit`.

mod fit;
mod held;
mod keep;
pub(crate) mod run;
mod step;

use crate::batch::ToTensors;
use crate::callback::{Callback, OnEpoch, OnStep, Step};
use crate::checkpoint::Checkpoints;
use crate::goal::Goal;
use crate::history::Record;
use crate::progress::Progress;
use crate::scores::{Judge, Scored};
use gradus_data::Dataset;
use gradus_optim::{Average, Objective};
use gradus_tensor::Module;
use held::Held;
use std::ops::ControlFlow;

/// Trains a net: an objective, an optimiser, epochs of mini-batches, and what should happen besides.
///
/// Every step draws one [`Mode`](gradus_tensor::Mode): one set of dropout masks, one update of running statistics.
/// The order of the data and the masks follow from two numbers drawn from the generator at the start.
pub struct Trainer<'a, N: Module, B, O> {
    objective: Objective<N, B>,
    optimiser: O,
    epochs: u64,
    batch_size: usize,
    validation: Option<Box<dyn Held<B> + 'a>>,
    judge: Option<Box<dyn Judge<N, B>>>,
    progress: Progress,
    accumulate: usize,
    training: Option<Box<dyn Held<B> + 'a>>,
    callbacks: Vec<Box<dyn Callback<N> + 'a>>,
    checkpoints: Option<Checkpoints>,
    resume: bool,
    patience: Option<(Goal, u64)>,
    average: Option<Average<N::Elem>>,
    anomaly: bool,
}

impl<N: Module, B, O: std::fmt::Debug> std::fmt::Debug for Trainer<'_, N, B, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut all = f.debug_struct("Trainer");
        all.field("objective", &self.objective).field("optimiser", &self.optimiser);
        all.field("epochs", &self.epochs).field("batch_size", &self.batch_size).finish_non_exhaustive()
    }
}

impl<'a, N: Module + 'static, B: 'static, O> Trainer<'a, N, B, O> {
    /// One epoch in batches of 32, unless told otherwise.
    pub fn new(objective: Objective<N, B>, optimiser: O) -> Self {
        Trainer {
            objective,
            optimiser,
            epochs: 1,
            batch_size: 32,
            validation: None,
            judge: None,
            progress: Progress::Auto,
            accumulate: 1,
            training: None,
            callbacks: Vec::new(),
            checkpoints: None,
            resume: false,
            patience: None,
            average: None,
            anomaly: false,
        }
    }

    /// How often the run goes through the data, those epochs included that a resumed run has behind it.
    #[must_use]
    pub fn epochs(mut self, epochs: u64) -> Self {
        self.epochs = epochs;
        self
    }

    /// Samples a batch; a single one left over joins the batch before it.
    #[must_use]
    pub fn batch_size(mut self, size: usize) -> Self {
        self.batch_size = size;
        self
    }

    /// Judges the net on this data after every epoch: by its [`scores`](Trainer::scores), or by the data term of the
    /// objective in evaluation mode.
    #[must_use]
    pub fn validate<D>(mut self, data: &'a D) -> Self
    where
        D: Dataset + Sync + ?Sized,
        D::Batch: ToTensors<Tensors = B>,
    {
        self.validation = Some(Box::new(data));
        self
    }

    /// Judges the net on its training data too after every epoch (or on part of them), as it judges it on the validation data:
    /// in evaluation mode, at the weights of the epoch's end. It costs a forward pass over them.
    #[must_use]
    pub fn judge_training<D>(mut self, data: &'a D) -> Self
    where
        D: Dataset + Sync + ?Sized,
        D::Batch: ToTensors<Tensors = B>,
    {
        self.training = Some(Box::new(data));
        self
    }

    /// What the net is judged by on the validation data.
    #[must_use]
    pub fn scores<S: Scored<N, B>>(mut self, scores: S) -> Self {
        self.judge = Some(scores.judge());
        self
    }

    /// How progress is shown.
    #[must_use]
    pub fn progress(mut self, progress: Progress) -> Self {
        self.progress = progress;
        self
    }

    /// Takes one optimiser step for every `batches` batches, with the mean of their gradients: the batch is so many times
    /// larger for the memory of one. Batch statistics stay those of a single batch.
    #[must_use]
    #[doc(alias = "gradient_accumulation")]
    pub fn accumulate(mut self, batches: usize) -> Self {
        self.accumulate = batches;
        self
    }

    /// Saves the run in this folder after every epoch and when it is stopped, and listens to Ctrl-C meanwhile: the run
    /// finishes its step, saves, and says how to go on. [`Checkpoints`] has more settings.
    ///
    /// A folder that has checkpoints is refused, unless the run is to [`resume`](Trainer::resume) from them.
    #[must_use]
    pub fn checkpoint(mut self, checkpoints: impl Into<Checkpoints>) -> Self {
        self.checkpoints = Some(checkpoints.into());
        self
    }

    /// Whether the run goes on from the newest checkpoint of its folder, where there is one. Net, optimiser, data and
    /// callbacks must be made as they were for the first run; all that follows is bit for bit as if it had never stopped.
    #[must_use]
    pub fn resume(mut self, resume: bool) -> Self {
        self.resume = resume;
        self
    }

    /// Stops when `patience` epochs have not improved on the best.
    #[must_use]
    #[doc(alias = "early_stopping")]
    pub fn stop_early(mut self, goal: Goal, patience: u64) -> Self {
        self.patience = Some((goal, patience));
        self
    }

    /// Averages the weights over the steps. The net is judged, and kept as the best, with the averages; it trains on with
    /// its own weights, and [`averages`](Trainer::averages) writes them into a net at the end.
    #[must_use]
    #[doc(alias = "ema")]
    pub fn average(mut self, average: Average<N::Elem>) -> Self {
        self.average = Some(average);
        self
    }

    /// Looks, where a loss or a gradient is not finite, for the op that began it: the step is done again in
    /// [`anomaly`](gradus_tensor::anomaly) mode, and the error names the op.
    #[must_use]
    #[doc(alias = "detect_anomaly")]
    pub fn anomaly(mut self, look: bool) -> Self {
        self.anomaly = look;
        self
    }

    /// Runs this after steps and epochs; several run in the order in which they were given.
    #[must_use]
    pub fn callback(mut self, callback: impl Callback<N> + 'a) -> Self {
        self.callbacks.push(Box::new(callback));
        self
    }

    /// Runs a closure after every step.
    #[must_use]
    pub fn on_step(self, f: impl FnMut(Step<'_, N>) -> ControlFlow<()> + 'a) -> Self {
        self.callback(OnStep(f))
    }

    /// Runs a closure after every epoch.
    #[must_use]
    pub fn on_epoch(self, f: impl FnMut(&mut N, &Record) -> ControlFlow<()> + 'a) -> Self {
        self.callback(OnEpoch(f))
    }

    /// The averages of the weights, where the trainer averages.
    pub fn averages(&self) -> Option<&Average<N::Elem>> {
        self.average.as_ref()
    }

    /// The optimiser, with the state that it has now.
    pub fn optimiser(&self) -> &O {
        &self.optimiser
    }
}
