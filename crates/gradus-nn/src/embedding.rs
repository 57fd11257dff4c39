//! A learnt vector for every word.

use crate::linear::drawn;
use gradus_derive::Module;
use gradus_init::normal;
use gradus_tensor::rand::Rng;
use gradus_tensor::{Index, Param, Real, Role, Tensor};

/// Row i of a learnt table for the index i. The table starts as N(0, 1).
///
/// Shapes: indices of any shape `s`, answers `[s.., features]`. Rows are picked by a product with rows of the identity, which costs
/// indices × entries numbers: right for alphabets, heavy for large vocabularies.
///
/// # Panics
/// If an index is out of range.
#[derive(Debug, Module)]
pub struct Embedding<T: Real = f32> {
    weight: Param<T>,
}

impl<T: Real> Embedding<T> {
    /// `entries` vectors of `features` numbers.
    pub fn new(entries: usize, features: usize, rng: &mut (impl Rng + ?Sized)) -> Self {
        Embedding { weight: Param::new(&drawn(&normal(0.0, 1.0), &[entries, features], rng), Role::Other) }
    }

    /// The vectors of these indices.
    #[track_caller]
    pub fn forward(&self, indices: &Index) -> Tensor<T> {
        let table = self.weight.value();
        let (entries, features) = (table.shape()[0], table.shape()[1]);
        let mut picked = vec![T::ZERO; indices.len() * entries];
        for (i, &k) in indices.as_slice().iter().enumerate() {
            assert!((k as usize) < entries, "embedding: index {k} is out of range for {entries} entries");
            picked[i * entries + k as usize] = T::ONE;
        }
        let shape: Vec<usize> = indices.shape().iter().copied().chain([features]).collect();
        Tensor::from_slice(&[indices.len(), entries], &picked).matmul(&table).reshape(&shape)
    }
}
