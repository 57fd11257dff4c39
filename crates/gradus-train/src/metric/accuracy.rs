//! Accuracy: how often the right class is among the k that the net finds most likely.

use super::Metric;
use gradus_tensor::{Index, Real, Tensor};

/// Share of samples whose class is among the k largest logits: k = 1 is accuracy.
///
/// Shapes: logits `[n, classes]`, labels `[n]`. Ties go to the lower class, as in `argmax`; a logit that is not a number
/// loses to every number.
///
/// # Panics
/// On a batch whose shapes do not fit.
#[derive(Clone, Debug)]
pub struct Accuracy {
    k: usize,
    name: String,
    right: u64,
    seen: u64,
}

impl Accuracy {
    /// The largest logit is the answer.
    pub fn new() -> Self {
        Accuracy { k: 1, name: "accuracy".into(), right: 0, seen: 0 }
    }

    /// The k largest logits are the answer.
    ///
    /// # Panics
    /// If k is 0.
    #[track_caller]
    #[doc(alias = "top_k_accuracy")]
    pub fn top(k: usize) -> Self {
        assert!(k > 0, "accuracy: k must be at least 1, got 0");
        Accuracy { k, name: format!("top_{k}_accuracy"), right: 0, seen: 0 }
    }

    /// What both saw.
    pub fn merge(&mut self, other: &Self) {
        self.right += other.right;
        self.seen += other.seen;
    }
}

impl Default for Accuracy {
    fn default() -> Self {
        Accuracy::new()
    }
}

impl<T: Real> Metric<Tensor<T>, Index> for Accuracy {
    fn name(&self) -> &str {
        &self.name
    }

    fn update(&mut self, logits: &Tensor<T>, labels: &Index) {
        let (rows, classes) = super::rows_and_classes("accuracy", logits, labels);
        for (row, &label) in rows.chunks(classes).zip(labels.as_slice()) {
            let own = row[label as usize].to_f64();
            let ahead = row.iter().enumerate().filter(|&(j, x)| {
                let x = x.to_f64();
                x > own || (x == own && j < label as usize) || (own.is_nan() && !x.is_nan())
            });
            self.right += u64::from(ahead.count() < self.k && !own.is_nan());
        }
        self.seen += labels.len() as u64;
    }

    fn value(&self) -> f64 {
        self.right as f64 / self.seen as f64
    }

    fn reset(&mut self) {
        (self.right, self.seen) = (0, 0);
    }
}
