//! The normal distribution: density, distribution function, quantiles, and the variance that a cut leaves.

use gradus_kernels::{Portable, Real};
use std::f64::consts::PI;

/// φ(z) = e^(−z²/2)/√(2π).
pub fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * PI).sqrt()
}

/// Φ(z), accurate in the lower tail.
pub fn cdf(z: f64) -> f64 {
    z.normal_cdf(Portable)
}

/// The z with Φ(z) = p: −∞ at 0, ∞ at 1.
///
/// Newton's method on ln Φ, which is concave and increasing: from the left it never passes the root.
///
/// # Panics
/// If `p` is not in [0, 1].
#[track_caller]
pub fn quantile(p: f64) -> f64 {
    assert!((0.0..=1.0).contains(&p), "quantile: p must lie in [0, 1], got {p}");
    if p == 0.0 {
        return f64::NEG_INFINITY;
    }
    if p > 0.5 {
        return -quantile(1.0 - p);
    }
    // Φ(z) ≤ ½e^(−z²/2) for z ≤ 0, so this start lies left of the root.
    let mut z = -(-2.0 * (2.0 * p).ln()).max(0.0).sqrt();
    for _ in 0..60 {
        let c = cdf(z);
        let step = (p.ln() - c.ln()) * c / density(z);
        z += step;
        if step.abs() <= 2.0 * f64::EPSILON * z.abs() {
            break;
        }
    }
    z
}

/// Var z of a standard normal given |z| ≤ b: 1 − 2bφ(b)/(2Φ(b) − 1). For b = 2: 0.7737.
///
/// # Panics
/// If `b` is not positive.
#[track_caller]
pub fn truncated_variance(b: f64) -> f64 {
    assert!(b > 0.0, "truncated_variance: the bound must be positive, got {b}");
    if b.is_infinite() {
        return 1.0;
    }
    if b < 0.5 {
        // The difference of nearly equal numbers: by the series of E[z²; |z| ≤ b] over P[|z| ≤ b].
        let (mut num, mut den, mut term) = (0.0, 0.0, 1.0);
        for k in 0..20 {
            let k = f64::from(k);
            num += term / (2.0 * k + 3.0);
            den += term / (2.0 * k + 1.0);
            term *= -b * b / (2.0 * (k + 1.0));
        }
        return b * b * num / den;
    }
    1.0 - 2.0 * b * density(b) / (1.0 - 2.0 * cdf(-b))
}
