//! Calibration curves: how often a net is right against how sure it is, how often an interval holds against what it promises.

use super::Chart;
use crate::metric::{CalibrationError, Metric};
use gradus_nn::Gaussian;
use gradus_tensor::{Index, Real, Tensor};

/// Accuracy against confidence, a dot a bin that has samples; the diagonal is perfect calibration.
pub fn calibration(error: &CalibrationError) -> Chart {
    let bins = error.bins().iter().filter(|b| b.count > 0);
    let points = bins.map(|b| (b.confidence / b.count as f64, b.right as f64 / b.count as f64)).collect();
    let value = Metric::<Tensor, Index>::value(error);
    Chart::new(&format!("Calibration (expected error {value:.3})"))
        .x_label("confidence")
        .y_label("accuracy")
        .unit_square()
        .dots("net", points)
}

/// The share of the targets inside the central intervals of the levels 0.05, 0.10, …, 0.95, against the level (Kuleshov et al. 2018); the
/// diagonal is perfect calibration, below it the predicted variances are too small.
///
/// # Panics
/// If the shapes of predictions and targets differ.
#[track_caller]
pub fn coverage<T: Real>(predicted: &Gaussian<T>, target: &Tensor<T>) -> Chart {
    let levels: Vec<f64> = (1..20).map(|k| f64::from(k) / 20.0).collect();
    let points = levels.iter().copied().zip(predicted.coverage(target, &levels)).collect();
    Chart::new(&format!("Coverage of intervals (mean error {:.3})", predicted.calibration_error(target)))
        .x_label("level of the interval")
        .y_label("share of targets inside")
        .unit_square()
        .dots("net", points)
}
