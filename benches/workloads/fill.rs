//! Passes over memory: one update of Adam, and initial weights.

use super::{Purpose, Work, normals};
use gradus::init::{Scheme, SliceMut, Target, draw_key, normal, orthogonal};
use gradus::optim::Adam;
use gradus::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::tensor::{Gradients, Tensor};
use std::fmt;

const MANY: usize = 10_000_000;

struct Update {
    p: Tensor,
    gradient: Tensor,
    adam: Adam,
}

/// One update of 10⁷ numbers with a fixed gradient.
pub(super) fn adam_10m(_: Purpose) -> Box<dyn Work> {
    let p = normals(1, &[MANY], 1.0).tracked();
    Box::new(Update { p, gradient: normals(2, &[MANY], 1.0), adam: Adam::new(1e-3) })
}

impl fmt::Debug for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Update").field("p", &self.p.shape()).finish_non_exhaustive()
    }
}

impl Work for Update {
    fn step(&mut self) {
        // A gradient belongs to one version of its leaf; making it anew shares the numbers.
        let gradients = Gradients::from_tree(0.0, &self.p, &self.gradient);
        self.adam.step(&mut self.p, &gradients);
    }

    fn loss(&mut self) -> Option<f64> {
        Some(self.p.to_vec().iter().map(|&p| f64::from(p).powi(2)).sum::<f64>() / MANY as f64)
    }
}

#[derive(Debug)]
struct Fill<S> {
    scheme: S,
    shape: Vec<usize>,
    numbers: Vec<f32>,
    rng: Xoshiro256PlusPlus,
}

fn fill(scheme: impl Scheme + 'static, shape: &[usize]) -> Box<dyn Work> {
    let numbers = vec![0.0; shape.iter().product()];
    Box::new(Fill { scheme, shape: shape.to_vec(), numbers, rng: Xoshiro256PlusPlus::seed_from_u64(0) })
}

/// A 512 x 512 orthogonal matrix.
pub(super) fn orthogonal_512(_: Purpose) -> Box<dyn Work> {
    fill(orthogonal(1.0), &[512, 512])
}

/// 10⁷ normals.
pub(super) fn normal_10m(_: Purpose) -> Box<dyn Work> {
    fill(normal(0.0, 1.0), &[MANY])
}

impl<S: Scheme> Work for Fill<S> {
    fn step(&mut self) {
        let key = draw_key(&mut self.rng);
        self.scheme.write(&Target::new(&self.shape), key, SliceMut::F32(&mut self.numbers));
    }

    fn loss(&mut self) -> Option<f64> {
        None
    }
}
