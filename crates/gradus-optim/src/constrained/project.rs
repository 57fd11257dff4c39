//! Projections onto convex sets, for projected descent: nearest points, on slices.

/// The nearest point of the ball ‖x‖ ≤ r.
pub fn ball(x: &mut [f64], radius: f64) {
    let n = x.iter().map(|x| x * x).sum::<f64>().sqrt();
    if n > radius {
        x.iter_mut().for_each(|x| *x *= radius / n);
    }
}

/// The nearest point of the box [a, b]ⁿ.
///
/// # Panics
/// If not a ≤ b.
pub fn box_between(x: &mut [f64], a: f64, b: f64) {
    x.iter_mut().for_each(|x| *x = x.clamp(a, b));
}

/// The nearest point of the simplex {x ≥ 0, Σx = 1}: max(x − θ, 0) (Duchi et al. 2008).
pub fn simplex(x: &mut [f64]) {
    gradus_kernels::simplex::project(x);
}

/// The nearest point of the half-space ⟨a, x⟩ ≤ b.
///
/// # Panics
/// If a has another length than x.
pub fn half_space(x: &mut [f64], a: &[f64], b: f64) {
    assert_eq!(x.len(), a.len(), "half_space: the normal has another length than the point");
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let excess = dot(x, a) - b;
    if excess > 0.0 {
        let t = excess / dot(a, a);
        x.iter_mut().zip(a).for_each(|(x, a)| *x -= t * a);
    }
}
