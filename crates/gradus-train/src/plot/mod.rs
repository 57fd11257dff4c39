//! Pictures as SVG text: lines, heat maps. Written by hand, without a drawing library, so that they cost no dependency.

mod axis;
mod calibration;
mod chart;
mod matrix;
mod stack;
mod svg;

pub use calibration::calibration;
pub use chart::Chart;
pub use matrix::confusion;
pub use stack::stacked;
