//! The trainer: what a run is made of. The loop itself is in `fit`.

mod fit;
mod held;
mod run;

use crate::batch::ToTensors;
use crate::progress::Progress;
use crate::scores::{Judge, Scored};
use gradus_data::Dataset;
use gradus_optim::Objective;
use gradus_tensor::Module;
use held::Held;

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

    /// The optimiser, with the state that it has now.
    pub fn optimiser(&self) -> &O {
        &self.optimiser
    }
}
