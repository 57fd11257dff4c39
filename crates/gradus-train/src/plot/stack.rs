//! Charts one below the other in one picture.

use super::chart::{HEIGHT, WIDTH};
use super::{Chart, Picture};

/// Charts one below the other, as one picture.
pub fn stacked(charts: &[Chart]) -> Picture {
    let mut whole = Picture::new(WIDTH, HEIGHT * charts.len() as f64);
    for (i, chart) in charts.iter().enumerate() {
        whole.put(&chart.picture(), HEIGHT * i as f64);
    }
    whole
}
