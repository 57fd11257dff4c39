//! A line search for the strong Wolfe conditions.

use super::space::{Space, along, dot};
use crate::error::Error;
use gradus_kernels::Real as _;
use gradus_tensor::{Module, Tensor};

/// F(w + αd) ≤ F(w) + c₁ α⟨∇F, d⟩ and |⟨∇F(w + αd), d⟩| ≤ c₂|⟨∇F(w), d⟩|.
///
/// Bracketing, then zooming with safeguarded cubic interpolation. Source: Nocedal & Wright 2006, algorithms 3.5 and 3.6.
#[derive(Clone, Copy, Debug)]
pub struct StrongWolfe {
    /// c₁, in (0, c₂); 10⁻⁴.
    pub decrease: f64,
    /// c₂, in (c₁, 1); 0.9 for quasi-Newton directions, 0.1 for conjugate gradients.
    pub curvature: f64,
    /// Evaluations at most.
    pub evaluations: usize,
}

impl Default for StrongWolfe {
    fn default() -> Self {
        StrongWolfe { decrease: 1e-4, curvature: 0.9, evaluations: 30 }
    }
}

/// A point on the line.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) rate: f64,
    pub(super) value: f64,
    pub(super) slope: f64,
    pub(super) w: Vec<f64>,
    pub(super) gradient: Vec<f64>,
}

impl StrongWolfe {
    /// A point on w + αd that satisfies both conditions, or failing that the best with a sufficient decrease; `None` if there
    /// is none. `d` must be a descent direction.
    pub(super) fn search<N: Module, F: FnMut(&N) -> Tensor<N::Elem>>(
        &self,
        space: &mut Space<'_, N, F>,
        w: &[f64],
        value: f64,
        slope: f64,
        d: &[f64],
        first: f64,
    ) -> Result<Option<Point>, Error> {
        let mut left = self.evaluations;
        let mut at = |rate: f64| -> Result<Point, Error> {
            let mut w = along(w, rate, d);
            let (value, gradient) = space.gradient(&mut w)?;
            let slope = dot(&gradient, d);
            // Beyond where F is defined it counts as infinitely high.
            let value = if value.is_finite() && slope.is_finite() { value } else { f64::INFINITY };
            Ok(Point { rate, value, slope, w, gradient })
        };
        // Near the end of the number type's accuracy the decrease drowns in rounding: then an equal F with a smaller slope will do.
        let noise = 4.0 * N::Elem::EPSILON.to_f64() * value.abs();
        let lowers = |p: &Point| {
            p.value <= value + self.decrease * p.rate * slope || p.value <= value + noise && p.slope.abs() < slope.abs()
        };
        let flat = |p: &Point| p.slope.abs() <= -self.curvature * slope;
        let mut low = Point { rate: 0.0, value, slope, w: w.to_vec(), gradient: Vec::new() };
        let mut rate = first;
        let mut high: Option<Point> = None;
        while left > 0 && high.is_none() {
            left -= 1;
            let point = at(rate)?;
            if !lowers(&point) || (low.rate > 0.0 && point.value > low.value + noise) {
                high = Some(point);
            } else if flat(&point) {
                return Ok(Some(point));
            } else if point.slope >= 0.0 {
                high = Some(std::mem::replace(&mut low, point));
            } else {
                // Still falling: the minimum lies further out.
                let further = cubic(&low, &point).filter(|r| *r > 1.1 * rate).unwrap_or(4.0 * rate);
                low = point;
                rate = further.min(10.0 * rate);
            }
        }
        let Some(mut high) = high else { return Ok((low.rate > 0.0).then_some(low)) };
        while left > 0 {
            left -= 1;
            let (a, b) = (low.rate.min(high.rate), low.rate.max(high.rate));
            if b - a <= 1e-14 * b {
                break;
            }
            let inside = cubic(&low, &high).filter(|r| *r > a + 0.1 * (b - a) && *r < b - 0.1 * (b - a));
            let point = at(inside.unwrap_or(0.5 * (a + b)))?;
            if !lowers(&point) || point.value > low.value + noise {
                high = point;
            } else if flat(&point) {
                return Ok(Some(point));
            } else {
                if point.slope * (high.rate - low.rate) >= 0.0 {
                    high = low;
                }
                low = point;
            }
        }
        Ok((low.rate > 0.0).then_some(low))
    }
}

/// The minimiser of the cubic through two points with their slopes, if it has one.
fn cubic(a: &Point, b: &Point) -> Option<f64> {
    if !(a.value.is_finite() && b.value.is_finite()) {
        return None;
    }
    let d1 = a.slope + b.slope - 3.0 * (a.value - b.value) / (a.rate - b.rate);
    let d2 = (d1 * d1 - a.slope * b.slope).sqrt().copysign(b.rate - a.rate);
    let rate = b.rate - (b.rate - a.rate) * (b.slope + d2 - d1) / (b.slope - a.slope + 2.0 * d2);
    rate.is_finite().then_some(rate)
}
