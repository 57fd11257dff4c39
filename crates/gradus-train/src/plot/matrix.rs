//! A confusion matrix as a heat map.

use super::picture::{Anchor, Colour, INK, Picture, TICK};
use crate::metric::Confusion;

/// Longest side of the map.
const SIDE: f64 = 420.0;
const LEFT: f64 = 84.0;
const TOP: f64 = 64.0;

/// A confusion matrix as a heat map: a row a class, a column an answer, shaded by the share of the row.
pub fn confusion(matrix: &Confusion) -> Picture {
    let n = matrix.classes();
    let cell = SIDE / n.max(1) as f64;
    let mut picture = Picture::new(LEFT + SIDE + 24.0, TOP + SIDE + 56.0);
    picture.title((LEFT + SIDE / 2.0, 26.0), "Confusion matrix");
    for i in 0..n {
        let total: u64 = (0..n).map(|j| matrix.count(i, j)).sum();
        let middle = (i as f64 + 0.5) * cell;
        picture.text((LEFT - 10.0, TOP + middle + 4.5), Anchor::End, TICK, &i.to_string());
        picture.text((LEFT + middle, TOP + SIDE + 20.0), Anchor::Middle, TICK, &i.to_string());
        for j in 0..n {
            let share = if total == 0 { 0.0 } else { matrix.count(i, j) as f64 / total as f64 };
            let at = (LEFT + j as f64 * cell, TOP + i as f64 * cell);
            picture.rect(at, (cell - 1.0, cell - 1.0), shade(share));
            // Beyond some 24 classes the numbers would not be read.
            if cell >= 18.0 && matrix.count(i, j) > 0 {
                let ink = if share > 0.5 { Colour([255; 3], 1.0) } else { INK };
                let place = (at.0 + cell / 2.0, at.1 + cell / 2.0 + 4.5);
                picture.text(place, Anchor::Middle, ink, &matrix.count(i, j).to_string());
            }
        }
    }
    picture.text((LEFT + SIDE / 2.0, TOP + SIDE + 44.0), Anchor::Middle, INK, "answer");
    picture.upwards((34.0, TOP + SIDE / 2.0), "class");
    picture
}

/// From nearly white to blue; the root lifts small shares into sight.
fn shade(share: f64) -> Colour {
    let s = share.sqrt();
    let mix = |light: f64, dark: f64| (light + (dark - light) * s).round() as u8;
    Colour([mix(245.0, 0.0), mix(247.0, 90.0), mix(250.0, 165.0)], 1.0)
}
