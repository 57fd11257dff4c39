//! Pictures: lines, heat maps. As SVG they are text, written by hand, so that they cost no dependency; as PNG (feature `png`) they
//! are drawn with a font that comes along, so that they look the same on every machine.

mod axis;
mod calibration;
mod chart;
mod matrix;
mod picture;
#[cfg(feature = "png")]
mod png;
mod stack;
mod svg;

pub use calibration::{calibration, coverage};
pub use chart::Chart;
pub use matrix::confusion;
pub use picture::Picture;
pub use stack::stacked;
