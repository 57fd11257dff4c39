//! The mean negative log-likelihood of the right class.

use super::Metric;
use gradus_tensor::{Index, Real, Tensor};

/// Mean negative log-likelihood −1/n Σ ln softmax(x)ᵢ,ₗᵢ, summed in `f64`. It equals cross-entropy over all batches
/// together.
///
/// Shapes: logits `[n, classes]`, labels `[n]`.
///
/// # Panics
/// On a batch whose shapes do not fit.
#[derive(Clone, Debug, Default)]
#[doc(alias = "log_loss")]
pub struct Nll {
    sum: f64,
    seen: u64,
}

impl Nll {
    /// Nothing seen.
    pub fn new() -> Self {
        Nll::default()
    }

    /// What both saw.
    pub fn merge(&mut self, other: &Self) {
        self.sum += other.sum;
        self.seen += other.seen;
    }
}

impl<T: Real> Metric<Tensor<T>, Index> for Nll {
    fn name(&self) -> &str {
        "nll"
    }

    fn update(&mut self, logits: &Tensor<T>, labels: &Index) {
        let (rows, classes) = super::rows_and_classes("nll", logits, labels);
        for (row, &label) in rows.chunks(classes).zip(labels.as_slice()) {
            let top = row.iter().map(|x| x.to_f64()).fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = row.iter().map(|x| (x.to_f64() - top).exp()).sum();
            self.sum += top + sum.ln() - row[label as usize].to_f64();
        }
        self.seen += labels.len() as u64;
    }

    fn value(&self) -> f64 {
        self.sum / self.seen as f64
    }

    fn reset(&mut self) {
        *self = Nll::new();
    }
}
