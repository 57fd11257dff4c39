//! Factors given at some steps, constant or linear between them.

use super::{Clock, Schedule};

/// Given (k, factor) pairs: the factor of the last pair at or before k, or a straight line between two pairs.
#[derive(Clone, Debug)]
pub struct Piecewise {
    points: Vec<(u64, f64)>,
    linear: bool,
}

/// Constant between the points; before the first its factor.
///
/// # Panics
/// If there is no point, or the steps do not rise.
pub fn piecewise(points: impl Into<Vec<(u64, f64)>>) -> Piecewise {
    let points = points.into();
    assert!(!points.is_empty(), "piecewise: needs at least one point (k, factor)");
    assert!(points.windows(2).all(|w| w[0].0 < w[1].0), "piecewise: the steps must rise, got {points:?}");
    Piecewise { points, linear: false }
}

impl Piecewise {
    /// Straight lines between the points.
    pub fn linear(self) -> Self {
        Piecewise { linear: true, ..self }
    }
}

impl Schedule for Piecewise {
    fn at(&self, clock: Clock) -> f64 {
        let k = clock.step;
        let behind = self.points.partition_point(|p| p.0 <= k);
        let Some(&(k0, f0)) = behind.checked_sub(1).map(|i| &self.points[i]) else {
            return self.points[0].1;
        };
        match self.points.get(behind) {
            Some(&(k1, f1)) if self.linear => f0 + (f1 - f0) * (k - k0) as f64 / (k1 - k0) as f64,
            _ => f0,
        }
    }
}
