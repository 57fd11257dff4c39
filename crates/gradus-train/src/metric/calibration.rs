//! Calibration: whether a net that is 80 % sure is right 80 % of the time.

use super::Metric;
use gradus_tensor::{Index, Real, Tensor};

/// Expected calibration error Σ_b n_b/n·|accuracy_b − confidence_b| over equal bins of the confidence max softmax(x)
/// (Naeini et al. 2015; Guo et al. 2017, eq. 3).
///
/// Shapes: logits `[n, classes]`, labels `[n]`. A confidence on the border of two bins counts in the lower one.
///
/// # Panics
/// On a batch whose shapes do not fit.
#[derive(Clone, Debug)]
pub struct CalibrationError {
    bins: Vec<Bin>,
}

/// One bin of confidence.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    /// Samples.
    pub count: u64,
    /// Right answers among them.
    pub right: u64,
    /// The sum of their confidences.
    pub confidence: f64,
}

impl CalibrationError {
    /// With so many bins; 10 or 15 are usual.
    ///
    /// # Panics
    /// If there are none.
    #[track_caller]
    pub fn new(bins: usize) -> Self {
        assert!(bins > 0, "calibration error: there must be at least 1 bin, got 0");
        CalibrationError { bins: vec![Bin::default(); bins] }
    }

    /// The bins, from confidence 0 to 1.
    pub fn bins(&self) -> &[Bin] {
        &self.bins
    }

    /// What both saw.
    ///
    /// # Panics
    /// If the numbers of bins differ.
    #[track_caller]
    pub fn merge(&mut self, other: &Self) {
        let (n, m) = (self.bins.len(), other.bins.len());
        assert!(n == m, "calibration error: {n} bins cannot be merged with {m}");
        for (a, b) in self.bins.iter_mut().zip(&other.bins) {
            *a = Bin { count: a.count + b.count, right: a.right + b.right, confidence: a.confidence + b.confidence };
        }
    }
}

impl<T: Real> Metric<Tensor<T>, Index> for CalibrationError {
    fn name(&self) -> &str {
        "calibration_error"
    }

    fn update(&mut self, logits: &Tensor<T>, labels: &Index) {
        let (rows, classes) = super::rows_and_classes("calibration error", logits, labels);
        for (row, &label) in rows.chunks(classes).zip(labels.as_slice()) {
            let answer = super::argmax(row);
            let top = row[answer].to_f64();
            // max softmax(x) = 1/Σ exp(xⱼ − max x).
            let confidence = 1.0 / row.iter().map(|x| (x.to_f64() - top).exp()).sum::<f64>();
            let place = (confidence * self.bins.len() as f64).ceil() as usize;
            let last = self.bins.len() - 1;
            let bin = &mut self.bins[place.saturating_sub(1).min(last)];
            bin.count += 1;
            bin.right += u64::from(answer == label as usize);
            bin.confidence += confidence;
        }
    }

    fn value(&self) -> f64 {
        let n: u64 = self.bins.iter().map(|b| b.count).sum();
        self.bins.iter().map(|b| (b.right as f64 - b.confidence).abs()).sum::<f64>() / n as f64
    }

    fn reset(&mut self) {
        self.bins.fill(Bin::default());
    }
}
