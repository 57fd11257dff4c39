//! Charts one below the other in one picture.

use super::Chart;
use super::chart::{HEIGHT, WIDTH};

/// Charts one below the other, as one SVG.
pub fn stacked(charts: &[Chart]) -> String {
    let height = HEIGHT * charts.len() as f64;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\">\n"
    );
    for (i, chart) in charts.iter().enumerate() {
        // A picture inside a picture, moved down.
        out += &chart.svg().replacen("<svg ", &format!("<svg y=\"{}\" ", HEIGHT * i as f64), 1);
    }
    out + "</svg>\n"
}
