//! Metrics: numbers that say how good predictions are. Streaming (batch by batch) and mergeable (part by part).

mod accuracy;

pub use accuracy::Accuracy;

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
        assert!((max as usize) < classes, "{who}: label {max} is out of range for {classes} classes");
    }
    (logits.to_vec(), classes)
}
