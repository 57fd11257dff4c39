//! A net, its loss and its optimiser as a workload.

use super::{Work, weight};
use gradus::nn::Linear;
use gradus::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::tensor::{Gradients, Mode, Tensor};
use std::fmt;

/// Forward, backward, update.
pub(super) struct Trained<N, L, U> {
    net: N,
    loss: L,
    update: U,
    rng: Xoshiro256PlusPlus,
}

/// The workload of a net, its loss, and what an optimiser does with the gradients.
pub(super) fn trained<N, L, U>(net: N, loss: L, update: U) -> Box<dyn Work>
where
    N: 'static,
    L: Fn(&N, &mut Mode) -> Tensor + 'static,
    U: FnMut(&mut N, &Gradients) + 'static,
{
    Box::new(Trained { net, loss, update, rng: Xoshiro256PlusPlus::seed_from_u64(0) })
}

impl<N, L, U> Work for Trained<N, L, U>
where
    L: Fn(&N, &mut Mode) -> Tensor,
    U: FnMut(&mut N, &Gradients),
{
    fn step(&mut self) {
        let gradients = (self.loss)(&self.net, &mut Mode::train(&mut self.rng)).backward();
        (self.update)(&mut self.net, &gradients);
    }

    fn loss(&mut self) -> Option<f64> {
        Some((self.loss)(&self.net, &mut Mode::train(&mut self.rng)).item().into())
    }
}

impl<N, L, U> fmt::Debug for Trained<N, L, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trained").finish_non_exhaustive()
    }
}

/// A layer with the weight of stream `s` and bias 0.
pub(super) fn linear(s: u64, n_in: usize, n_out: usize) -> Linear {
    let mut layer = Linear::new(n_in, n_out, &mut Xoshiro256PlusPlus::seed_from_u64(0));
    layer.weight_mut().set(&weight(s, n_out, n_in)).expect("the shape is that of the layer");
    layer
}
