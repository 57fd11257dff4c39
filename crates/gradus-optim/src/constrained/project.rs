//! Projections onto convex sets, for projected descent: nearest points, on slices.

/// The nearest point of the ball ‖x‖ ≤ r.
///
/// # Panics
/// If not r ≥ 0.
#[track_caller]
pub fn ball(x: &mut [f64], radius: f64) {
    assert!(radius >= 0.0, "ball: the radius must be at least 0, got {radius}");
    // Over the largest entry, so that no square overflows.
    let top = x.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    let n = if top == 0.0 { 0.0 } else { top * x.iter().map(|x| (x / top).powi(2)).sum::<f64>().sqrt() };
    if n > radius {
        x.iter_mut().for_each(|x| *x = *x / n * radius);
    }
}

/// The nearest point of the box [a, b]ⁿ.
///
/// # Panics
/// If not a ≤ b.
#[track_caller]
pub fn box_between(x: &mut [f64], a: f64, b: f64) {
    assert!(a <= b, "box: needs a ≤ b, got [{a}, {b}]");
    x.iter_mut().for_each(|x| *x = x.clamp(a, b));
}

/// The nearest point of the simplex {x ≥ 0, Σx = 1}: max(x − θ, 0) (Duchi et al. 2008).
pub fn simplex(x: &mut [f64]) {
    gradus_kernels::simplex::project(x);
}

/// The nearest point of the half-space ⟨a, x⟩ ≤ b.
///
/// # Panics
/// If a has another length than x, or is 0.
#[track_caller]
pub fn half_space(x: &mut [f64], a: &[f64], b: f64) {
    let (n, m) = (x.len(), a.len());
    assert!(n == m, "half_space: the point has {n} numbers and the normal {m}; give one number of the normal for each");
    assert!(a.iter().any(|a| *a != 0.0), "half_space: a normal of 0 bounds no half-space");
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let excess = dot(x, a) - b;
    if excess > 0.0 {
        let t = excess / dot(a, a);
        x.iter_mut().zip(a).for_each(|(x, a)| *x -= t * a);
    }
}
