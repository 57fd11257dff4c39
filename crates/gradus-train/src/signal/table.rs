//! A signal report as a table for terminals and as CSV.

use super::{LayerSignal, SignalReport};
use crate::history::quoted;
use std::fmt;
use std::fmt::Write as _;

/// The columns: head, and number of a layer.
type Column = (&'static str, fn(&LayerSignal) -> Option<f64>);

const COLUMNS: [Column; 16] = [
    ("mean_y", |l| Some(l.activations.mean)),
    ("var_y", |l| Some(l.activations.variance)),
    ("mean_square_y", |l| Some(l.activations.mean_square())),
    ("predicted_mean_square_y", |l| l.predicted),
    ("mean_gradient", |l| Some(l.gradients.mean)),
    ("var_gradient", |l| Some(l.gradients.variance)),
    ("mean_square_input_gradient", |l| Some(l.input_gradients?.mean_square())),
    ("predicted_mean_square_input_gradient", |l| l.predicted_gradient),
    ("dead", |l| Some(l.dead)),
    ("saturated", |l| l.saturated),
    ("largest_singular_value", |l| Some(l.jacobian.as_ref()?.largest())),
    ("smallest_singular_value", |l| Some(l.jacobian.as_ref()?.smallest())),
    ("spread_singular_values", |l| Some(l.jacobian.as_ref()?.spread())),
    ("lost_activations", |l| Some(l.lost_activations)),
    ("lost_gradients", |l| Some(l.lost_gradients)),
    ("units", |l| Some(l.shape.iter().skip(1).product::<usize>() as f64)),
];

impl SignalReport {
    /// A line a layer, with a head; empty where a number does not apply.
    pub fn csv(&self) -> String {
        let mut out = String::from("layer,kind");
        COLUMNS.iter().for_each(|(head, _)| out += &format!(",{head}"));
        for layer in &self.layers {
            // Writing to a String cannot fail.
            let _ = write!(out, "\n{},{}", quoted(&layer.name), quoted(&layer.kind));
            for (_, number) in COLUMNS {
                out.push(',');
                if let Some(x) = number(layer) {
                    let _ = write!(out, "{x}");
                }
            }
        }
        out + "\n"
    }
}

impl fmt::Display for SignalReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |l: &LayerSignal| if l.name == l.kind { l.name.clone() } else { format!("{} {}", l.name, l.kind) };
        let wide = self.layers.iter().map(|l| name(l).chars().count()).max().unwrap_or(0).max(5);
        let (e, m) = (self.format.exponent_bits(), self.format.mantissa_bits());
        writeln!(
            f,
            "{:<wide$}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}{:>7}{:>7}{:>10}{:>10}{:>9}{:>8}{:>8}",
            "layer",
            "E y",
            "Var y",
            "E y²",
            "expected",
            "Var ∂L",
            "E (∂x)²",
            "expected",
            "dead",
            "flat",
            "σ max",
            "σ min",
            "spread",
            "lost y",
            "lost ∂L"
        )?;
        for l in &self.layers {
            let s = l.jacobian.as_ref();
            writeln!(
                f,
                "{:<wide$}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}{:>7}{:>7}{:>10}{:>10}{:>9}{:>8}{:>8}",
                name(l),
                number(Some(l.activations.mean)),
                number(Some(l.activations.variance)),
                number(Some(l.activations.mean_square())),
                number(l.predicted),
                number(Some(l.gradients.variance)),
                number(l.input_gradients.map(|g| g.mean_square())),
                number(l.predicted_gradient),
                percent(Some(l.dead)),
                percent(l.saturated),
                number(s.map(super::Spectrum::largest)),
                number(s.map(super::Spectrum::smallest)),
                number(s.map(super::Spectrum::spread)),
                percent(Some(l.lost_activations)),
                percent(Some(l.lost_gradients)),
            )?;
        }
        write!(
            f,
            "loss {:.4}; lost: 0 or out of range in a float with {e} bits of exponent and {m} of fraction",
            self.loss
        )
    }
}

/// Three digits, in powers of ten where it is very large or small.
fn number(x: Option<f64>) -> String {
    match x {
        None => "–".into(),
        Some(x) if x == 0.0 || (1e-2..1e4).contains(&x.abs()) => format!("{x:.3}"),
        Some(x) => format!("{x:.1e}"),
    }
}

fn percent(x: Option<f64>) -> String {
    x.map_or_else(|| "–".into(), |x| format!("{:.0}%", 100.0 * x))
}
