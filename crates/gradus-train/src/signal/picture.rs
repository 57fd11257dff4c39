//! A signal report as one picture: sizes above, singular values below.

use super::{LayerSignal, SignalReport};
use crate::error::Result;
use crate::plot::{Chart, Picture, stacked};
use std::path::Path;

impl SignalReport {
    /// One picture over the layers: above, E\[y²\] and the mean square of the gradient that the layer sends back, each as measured and as
    /// predicted, on a logarithmic axis; below, the largest and the smallest singular value of each Jacobian.
    pub fn picture(&self) -> Picture {
        let line = |number: &dyn Fn(&LayerSignal) -> Option<f64>| -> Vec<(f64, f64)> {
            let numbers = self.layers.iter().enumerate().filter_map(|(i, l)| Some((i as f64 + 1.0, number(l)?)));
            numbers.filter(|p| p.1.is_finite() && p.1 > 0.0).collect()
        };
        let sizes = Chart::new("Signals and gradients by layer")
            .x_label("layer")
            .y_label("mean square")
            .log_y()
            .dots("E y²", line(&|l| Some(l.activations.mean_square())))
            .dots("predicted", line(&|l| l.predicted))
            .dots("E (∂L/∂x)²", line(&|l| Some(l.input_gradients?.mean_square())))
            .dots("predicted back", line(&|l| l.predicted_gradient));
        let spectra = Chart::new("Singular values of ∂y/∂x by layer")
            .x_label("layer")
            .y_label("singular value")
            .log_y()
            .dots("largest", line(&|l| Some(l.jacobian.as_ref()?.largest())))
            .dots("smallest", line(&|l| Some(l.jacobian.as_ref()?.smallest())));
        stacked(&[sizes, spectra])
    }

    /// The [`picture`](SignalReport::picture) as SVG text.
    pub fn svg(&self) -> String {
        self.picture().svg()
    }

    /// Writes the picture to a file, `.svg` or (feature `png`) `.png`; folders on the way are made.
    ///
    /// # Errors
    /// If the file cannot be written, or its name ends otherwise.
    pub fn plot(&self, path: impl AsRef<Path>) -> Result<()> {
        self.picture().write(path)
    }
}
