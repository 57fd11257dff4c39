//! Scalar special functions in `f64`: inverse error function, log-gamma, digamma, polygamma.

use crate::math::double;
use crate::simd::Portable;
use std::f64::consts::{FRAC_2_SQRT_PI, LN_2, PI};

/// The inverse error function: a closed first guess (Winitzki 2008), then Halley steps on erf or, near ±1, on erfc.
pub(crate) fn erfinv(y: f64) -> f64 {
    let a = y.abs();
    if y == 0.0 || a.is_nan() || a >= 1.0 {
        return if y == 0.0 {
            y
        } else if a == 1.0 {
            f64::INFINITY.copysign(y)
        } else {
            f64::NAN
        };
    }
    let q = 1.0 - a;
    let mut x = if a < 0.5 {
        let s = PI / 12.0 * a * a;
        a / FRAC_2_SQRT_PI * (1.0 + s * (1.0 + 2.1 * s))
    } else {
        let l = (q * (1.0 + a)).ln();
        let c = 2.0 / (PI * 0.147) + 0.5 * l;
        ((c * c - l / 0.147).sqrt() - c).sqrt()
    };
    for _ in 0..3 {
        let f = if a < 0.5 { double::erf(Portable, x) - a } else { q - double::erfc(Portable, x) };
        let u = f / (FRAC_2_SQRT_PI * (-x * x).exp());
        x -= u / (1.0 + x * u);
    }
    x.copysign(y)
}

/// Bernoulli numbers B₂, B₄, … B₂₄.
const BERNOULLI: [f64; 12] = [
    1.0 / 6.0,
    -1.0 / 30.0,
    1.0 / 42.0,
    -1.0 / 30.0,
    5.0 / 66.0,
    -691.0 / 2730.0,
    7.0 / 6.0,
    -3617.0 / 510.0,
    43867.0 / 798.0,
    -174_611.0 / 330.0,
    854_513.0 / 138.0,
    -236_364_091.0 / 2730.0,
];

/// ln |Γ(x)|.
pub(crate) fn lgamma(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x.is_infinite() || (x <= 0.0 && x.floor() == x) {
        return f64::INFINITY;
    }
    if x < 0.0 {
        // Γ(x)·Γ(−x) = −π / (x sin πx)
        let r = x - x.round_ties_even();
        return (PI / (x * (PI * r).sin()).abs()).ln() - lgamma(-x);
    }
    let (mut y, mut product) = (x, 1.0);
    while y < 10.0 {
        product *= y;
        y += 1.0;
    }
    stirling(y) - product.ln()
}

/// ln Γ(x) for x ≥ 10: (x − ½) ln x − x + ½ ln 2π + Σ B₂ₖ / (2k(2k−1) x²ᵏ⁻¹).
fn stirling(x: f64) -> f64 {
    let w = 1.0 / (x * x);
    let series = (0..9).rev().fold(0.0, |sum, k| {
        let m = 2.0 * (k as f64 + 1.0);
        sum * w + BERNOULLI[k] / (m * (m - 1.0))
    });
    (x - 0.5) * x.ln() - x + 0.5 * (LN_2 + PI.ln()) + series / x
}

/// ψ(x) = d/dx ln Γ(x); ∓∞ at ±0, NaN at negative integers.
pub(crate) fn digamma(x: f64) -> f64 {
    if x == 0.0 {
        return f64::NEG_INFINITY.copysign(-x);
    }
    if x < 0.0 {
        let r = x - x.round_ties_even();
        return if r == 0.0 || x.is_infinite() { f64::NAN } else { digamma(1.0 - x) - PI / (PI * r).tan() };
    }
    let (mut y, mut shift) = (x, 0.0);
    while y < 10.0 {
        shift += 1.0 / y;
        y += 1.0;
    }
    let w = 1.0 / (y * y);
    let series = (0..9).rev().fold(0.0, |sum, k| sum * w + BERNOULLI[k] / (2.0 * (k as f64 + 1.0)));
    y.ln() - 0.5 / y - series * w - shift
}

/// ψ⁽ⁿ⁾(x) = (−1)ⁿ⁺¹ n! ζ(n+1, x), the n-th derivative of [`digamma`]; negative x by reflection.
///
/// At 0, −1, −2, …: +∞ for odd n; for even n, whose sides differ, NaN (at ±0: ∓∞).
pub(crate) fn polygamma(n: u32, x: f64) -> f64 {
    if n == 0 {
        return digamma(x);
    }
    let odd = n % 2 == 1;
    if x.is_nan() {
        return x;
    }
    if x <= 0.0 {
        let r = x - x.round_ties_even();
        if x.is_infinite() || r == 0.0 {
            return if odd && x.is_finite() {
                f64::INFINITY
            } else if x == 0.0 {
                f64::NEG_INFINITY.copysign(-x)
            } else {
                f64::NAN
            };
        }
        let reflected = polygamma(n, 1.0 - x) - cotangent_derivative(n, r);
        return if odd { -reflected } else { reflected };
    }
    let value = scaled_zeta(n, x);
    if odd { value } else { -value }
}

/// (−1)ⁿ π dⁿ/drⁿ cot πr = πⁿ⁺¹ Pₙ(cot πr), with P₀ = c and Pₙ₊₁ = (1 + c²) Pₙ′ (all coefficients are ≥ 0).
fn cotangent_derivative(n: u32, r: f64) -> f64 {
    let mut p = vec![0.0, PI];
    for _ in 0..n {
        let slope: Vec<f64> = p.iter().enumerate().skip(1).map(|(k, a)| k as f64 * a * PI).collect();
        p = vec![0.0; slope.len() + 2];
        for (k, a) in slope.into_iter().enumerate() {
            p[k] += a;
            p[k + 2] += a;
        }
    }
    let c = 1.0 / (PI * r).tan();
    p.into_iter().rev().fold(0.0, |sum, a| sum * c + a)
}

/// n! ζ(n+1, x) for x > 0 and n ≥ 1 by Euler and Maclaurin's formula, started where its terms fall.
fn scaled_zeta(n: u32, x: f64) -> f64 {
    if x.is_infinite() {
        return 0.0;
    }
    let from = 10.0 + 0.5 * f64::from(n);
    let (mut y, mut sum) = (x, 0.0);
    while y < from {
        let term = factorial_over_power(n, y);
        sum += term;
        if term <= sum * 1e-18 {
            return sum;
        }
        y += 1.0;
    }
    let first = factorial_over_power(n, y);
    let mut tail = first * y / f64::from(n) + 0.5 * first;
    // Terms B₂ⱼ/(2j)! · (n+2j−1)!/yⁿ⁺²ʲ, each from the one before.
    let mut factor = first / y * (f64::from(n) + 1.0) / 2.0;
    for (j, b) in BERNOULLI.iter().enumerate() {
        tail += b * factor;
        let m = 2.0 * (j as f64 + 1.0);
        factor *= (f64::from(n) + m) * (f64::from(n) + m + 1.0) / ((m + 1.0) * (m + 2.0) * y * y);
    }
    sum + tail
}

/// n! / yⁿ⁺¹, without overflow on the way.
fn factorial_over_power(n: u32, y: f64) -> f64 {
    let factorial = (1..=n.min(171)).fold(1.0, |f, k| f * f64::from(k));
    let power = y.powi(n as i32 + 1);
    if factorial.is_finite() && power.is_finite() && power > 1e-290 {
        return factorial / power;
    }
    (1..=n).fold(1.0 / y, |t, k| t * (f64::from(k) / y))
}
