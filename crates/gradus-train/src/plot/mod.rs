//! Pictures as SVG text: lines, heat maps. Written by hand, without a drawing library, so that they cost no dependency.

mod axis;
mod chart;
mod svg;

pub use chart::Chart;
