//! The digits as tensors, standardised by the training part: what several examples begin with.

use gradus::data::{Classification, Standardizer};
use gradus::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::tensor::{Index, Tensor};
use std::path::Path;

/// A batch of inputs `[n, 64]` with labels `[n]`.
pub type Batch = (Tensor, Index);

/// Part of the digits for training and part for testing, split by a seed (80/20).
pub struct Digits {
    /// The training part, in memory as arrays, for drawing mini-batches.
    pub set: Classification,
    /// The training part.
    pub train: Batch,
    /// The test part.
    pub test: Batch,
}

/// The digits, split and standardised.
pub fn load(seed: u64) -> Digits {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let (train, test) = gradus::data::digits().split(0.8, &mut rng);
    let units = Standardizer::fit(&train.x).expect("pixels are finite");
    let (train, test) = (train.map_x(|x| units.transform(&x)), test.map_x(|x| units.transform(&x)));
    Digits { train: batch(&train), test: batch(&test), set: train }
}

/// Arrays as tensors.
pub fn batch(part: &Classification) -> Batch {
    (Tensor::from(&part.x), Index::from(part.y.clone()))
}

/// The part of rows of `logits` `[n, classes]` whose largest entry is at the label.
pub fn accuracy(logits: &Tensor, labels: &Index) -> f64 {
    let classes = logits.shape()[1];
    let scores = logits.to_vec();
    let right = scores.chunks(classes).zip(labels.as_slice()).filter(|(row, label)| {
        let best = (0..classes).max_by(|&a, &b| row[a].total_cmp(&row[b]));
        best == Some(**label as usize)
    });
    right.count() as f64 / labels.as_slice().len() as f64
}

/// Writes the numbers of an example to a file, where one was given.
pub fn write_json(path: Option<&Path>, value: &serde_json::Value) {
    let Some(path) = path else { return };
    if let Err(error) = std::fs::write(path, format!("{value:#}\n")) {
        eprintln!("cannot write {}: {error}", path.display());
        std::process::exit(1);
    }
}
