//! Metrics: numbers that say how good predictions are. Streaming (batch by batch) and mergeable (part by part).

mod accuracy;
mod calibration;
mod confusion;
mod nll;
mod regression;
mod roc_auc;

pub use accuracy::Accuracy;
pub use calibration::{Bin, CalibrationError};
pub use confusion::Confusion;
pub use nll::Nll;
pub use regression::{Mae, R2, Rmse};
pub use roc_auc::RocAuc;

/// A number over all (prediction, target) pairs seen since the last reset.
///
/// Law: a metric that saw a and then b is one that saw a, merged with one that saw b.
pub trait Metric<P, Y>: Send + Sync {
    /// The name, in tables and files.
    fn name(&self) -> &str;

    /// Sees a batch.
    fn update(&mut self, prediction: &P, target: &Y);

    /// The number so far; not a number where nothing was seen.
    fn value(&self) -> f64;

    /// Forgets what was seen.
    fn reset(&mut self);
}

/// The logits row by row and the number of classes, after a check of the shapes.
#[track_caller]
fn rows_and_classes<T: gradus_tensor::Real>(
    who: &str,
    logits: &gradus_tensor::Tensor<T>,
    labels: &gradus_tensor::Index,
) -> (Vec<T>, usize) {
    let &[n, classes] = logits.shape() else {
        panic!("{who}: logits must be [n, classes], got {:?}", logits.shape());
    };
    assert!(
        labels.shape() == [n],
        "{who}: logits {:?} need labels of shape [{n}], got {:?}",
        logits.shape(),
        labels.shape()
    );
    if let Some(max) = labels.max() {
        assert!(
            (max as usize) < classes,
            "{who}: label {max} is out of range for {classes} classes, which are counted from 0"
        );
    }
    (logits.to_vec(), classes)
}

/// The place of the largest number; of several the first.
fn argmax<T: gradus_tensor::Real>(row: &[T]) -> usize {
    (1..row.len()).fold(0, |best, j| if row[j].to_f64() > row[best].to_f64() { j } else { best })
}
