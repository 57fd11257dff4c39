//! Monte-Carlo dropout: a prediction as the mean and spread of passes under different masks.

use gradus_tensor::rand::Rng;
use gradus_tensor::{Mode, Real, Tensor, no_grad};

/// Mean m = 1/n Σ yₖ and spread √(1/(n − 1) Σ (yₖ − m)²) of n = `passes` predictions yₖ, each under new dropout masks and running
/// statistics (Gal & Ghahramani 2016). Both have the shape of a prediction, and no graph.
///
/// # Panics
/// If there are fewer than two passes.
#[track_caller]
pub fn monte_carlo<T: Real>(
    passes: usize,
    rng: &mut (impl Rng + ?Sized),
    mut predict: impl FnMut(&mut Mode) -> Tensor<T>,
) -> (Tensor<T>, Tensor<T>) {
    assert!(passes >= 2, "monte_carlo: a spread needs at least two passes, got {passes}");
    no_grad(|| {
        let all: Vec<Tensor<T>> = (0..passes).map(|_| predict(&mut Mode::monte_carlo(rng))).collect();
        let mean = all.iter().cloned().sum::<Tensor<T>>() / passes as f64;
        let spread = all.iter().map(|y| (y - &mean).square()).sum::<Tensor<T>>() / (passes - 1) as f64;
        (mean, spread.sqrt())
    })
}
