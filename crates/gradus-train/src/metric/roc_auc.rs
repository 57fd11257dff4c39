//! The area under the receiver operating characteristic of a classifier of two classes.

use super::Metric;
use gradus_tensor::{Index, Real, Tensor};

/// Area under the ROC curve: the probability that a sample of class 1 scores above one of class 0, ties counted half
/// (Mann & Whitney's U over n₀n₁).
///
/// Shapes: scores `[n]` or `[n, 1]`, or logits `[n, 2]` (their difference is the score); labels `[n]` of 0 and 1. It is
/// exact, and so it keeps every score. Not a number while one of the classes is missing.
///
/// # Panics
/// On a batch whose shapes do not fit, with a label above 1, or a score that is not a number.
#[derive(Clone, Debug, Default)]
pub struct RocAuc {
    seen: Vec<(f64, bool)>,
}

impl RocAuc {
    /// Nothing seen.
    pub fn new() -> Self {
        RocAuc::default()
    }

    /// What both saw.
    pub fn merge(&mut self, other: &Self) {
        self.seen.extend_from_slice(&other.seen);
    }
}

impl<T: Real> Metric<Tensor<T>, Index> for RocAuc {
    fn name(&self) -> &str {
        "roc_auc"
    }

    fn update(&mut self, scores: &Tensor<T>, labels: &Index) {
        let n = labels.len();
        let width = match *scores.shape() {
            [m] if m == n => 1,
            [m, w @ (1 | 2)] if m == n => w,
            ref other => panic!("roc auc: {n} labels need scores [{n}], [{n}, 1] or [{n}, 2], got {other:?}"),
        };
        for (row, &label) in scores.to_vec().chunks(width).zip(labels.as_slice()) {
            assert!(label < 2, "roc auc: labels must be 0 or 1, got {label}");
            let score = if width == 2 { row[1].to_f64() - row[0].to_f64() } else { row[0].to_f64() };
            assert!(!score.is_nan(), "roc auc: a score is not a number");
            self.seen.push((score, label == 1));
        }
    }

    fn value(&self) -> f64 {
        let mut all = self.seen.clone();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut below, mut pairs, mut ones) = (0.0, 0.0, 0.0);
        // −0 and 0 are one score, which total_cmp tells apart: runs are cut by ==.
        for run in all.chunk_by(|a, b| a.0 == b.0) {
            let one = run.iter().filter(|s| s.1).count() as f64;
            let zero = run.len() as f64 - one;
            pairs += one * (below + zero / 2.0);
            below += zero;
            ones += one;
        }
        pairs / (ones * below)
    }

    fn reset(&mut self) {
        self.seen.clear();
    }
}
