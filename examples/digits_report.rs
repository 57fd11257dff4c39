//! What the example `digits` says of a trained net: its gradients on the training set, and on the test set whose digits it takes for
//! which, and how far its certainty can be trusted.

use crate::{gradient_norms, pictures::write_picture};
use gradus::data::Classification;
use gradus::nn::{Sequential, loss::CrossEntropy};
use gradus::tensor::{Error, Index, Mode, Statistics, Tensor};
use gradus::train::metric::{CalibrationError, Confusion, Metric};
use gradus::train::{ToTensors, plot};
use std::path::Path;

/// L, ‖∇_w L‖² and Σ ‖W‖·‖∇_W L‖ on a whole set, with its own statistics and without dropout.
///
/// # Errors
/// If the loss does not depend on a part of the net.
pub fn final_gradients(net: &Sequential, loss: &CrossEntropy, data: &Classification) -> Result<[f64; 3], Error> {
    let (x, labels) = data.to_tensors();
    let mut mode = Mode::eval();
    mode.statistics = Statistics::Batch { update: false };
    let loss = loss.of(&net.forward(&x, &mut mode), &labels);
    let (all, scale_free) = gradient_norms(&loss, net)?;
    Ok([f64::from(loss.item()), all, scale_free])
}

/// Draws the confusion matrix and the calibration of `net` on `data` into a folder; the expected calibration error, and what goes
/// wrong most often in words.
///
/// # Errors
/// If a picture cannot be written.
pub fn confusion_and_calibration(
    net: &Sequential,
    data: &Classification,
    dir: &Path,
) -> Result<(f64, String), gradus::train::Error> {
    let (x, labels) = data.to_tensors();
    let logits = net.forward(&x, &mut Mode::eval());
    let (mut confusion, mut calibration) = (Confusion::new(), CalibrationError::new(10));
    confusion.update(&logits, &labels);
    calibration.update(&logits, &labels);
    write_picture(dir, "confusion", &plot::confusion(&confusion))?;
    write_picture(dir, "calibration", &plot::calibration(&calibration).picture())?;
    let pairs = (0..10).flat_map(|i| (0..10).map(move |j| (i, j))).filter(|(i, j)| i != j);
    let worst = pairs.max_by_key(|&(i, j)| (confusion.count(i, j), 100 - 10 * i - j));
    let words = match worst.map(|(i, j)| (confusion.count(i, j), i, j)) {
        Some((n, i, j)) if n > 0 => format!("most often a {i} is taken for a {j} ({n} of {})", data.len()),
        _ => "no digit is taken for another".into(),
    };
    Ok((Metric::<Tensor, Index>::value(&calibration), words))
}
