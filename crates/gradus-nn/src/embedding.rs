//! A learnt vector for every word.

use crate::linear::drawn;
use gradus_derive::Module;
use gradus_init::normal;
use gradus_tensor::extend::refuse;
use gradus_tensor::rand::Rng;
use gradus_tensor::{Index, Mode, Param, Real, Role, Tensor};

/// Row i of a learnt table for the index i. The table starts as N(0, 1).
///
/// Shapes: indices of any shape `s`, answers `[s.., features]`. The derivative adds up what comes back to one row, in the order of
/// the indices; it is a whole table of numbers.
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
    pub fn forward(&self, indices: &Index, mode: &mut Mode) -> Tensor<T> {
        let table = self.weight.value();
        let entries = table.shape()[0];
        if let Some(k) = indices.max().filter(|&k| k as usize >= entries) {
            refuse(&format!(
                "embedding: index {k} is out of range for {entries} entries; an embedding needs one more than the largest index"
            ));
        }
        mode.report(self, &[], table.index_select(0, indices))
    }
}
