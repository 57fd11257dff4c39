//! Gradient accumulation: the mean over several mini-batches before one step.

use gradus_tensor::{Gradients, Real};

/// Adds up the gradients of mini-batches, weighted by their size: ∇L = Σ n_b ∇L_b / Σ n_b, that of the whole batch for a data
/// term without batch statistics.
///
/// ```
/// use gradus_optim::{Accumulator, Sgd};
/// use gradus_tensor::{Tensor, ndarray::array};
/// let mut w = Tensor::from(array![1.0_f64]).tracked();
/// let mut sum = Accumulator::new();
/// for (x, n) in [(3.0, 2), (6.0, 1)] {
///     sum.add((&w * x).sum().backward(), n);
/// }
/// let grads = sum.take().expect("two batches were added");
/// assert_eq!(grads.get(&w).map(|g| g.to_vec()), Some(vec![4.0]));
/// Sgd::new(0.1).step(&mut w, &grads);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Accumulator<T: Real = f32> {
    sum: Option<Gradients<T>>,
    samples: usize,
}

impl<T: Real> Accumulator<T> {
    /// Nothing added yet.
    pub fn new() -> Self {
        Accumulator { sum: None, samples: 0 }
    }

    /// Adds the gradients of a mean over `samples` samples.
    ///
    /// # Panics
    /// If there are no samples, of which there is no mean, or a leaf was stepped since the last call.
    #[track_caller]
    pub fn add(&mut self, gradients: Gradients<T>, samples: usize) {
        assert!(samples > 0, "accumulator: gradients of a mean over 0 samples; leave the empty batch out");
        let weighted = gradients.scale(samples as f64);
        self.sum = Some(match self.sum.take() {
            Some(sum) => sum.plus(weighted),
            None => weighted,
        });
        self.samples += samples;
    }

    /// How many samples were added since the last [`take`](Self::take).
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// The mean, and an empty accumulator; `None` if nothing was added.
    pub fn take(&mut self) -> Option<Gradients<T>> {
        let samples = std::mem::take(&mut self.samples).max(1) as f64;
        self.sum.take().map(|sum| sum.scale(1.0 / samples))
    }
}
