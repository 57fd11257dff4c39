//! A calibration curve: how often the net is right against how sure it is.

use super::Chart;
use crate::metric::{CalibrationError, Metric};
use gradus_tensor::{Index, Tensor};

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
