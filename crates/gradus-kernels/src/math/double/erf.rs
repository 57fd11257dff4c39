//! The error function, its complement and the Gaussian distribution function, `f64`.

use crate::simd::Isa;
use std::f64::consts::{FRAC_1_SQRT_2, PI};

#[inline(always)]
pub(crate) fn erf<S: Isa>(_: S, x: f64) -> f64 {
    if x.abs() < 2.0 { series(x) } else { (1.0 - tail(x.abs())).copysign(x) }
}

#[inline(always)]
pub(crate) fn erfc<S: Isa>(_: S, x: f64) -> f64 {
    if x.abs() < 0.5 {
        1.0 - series(x)
    } else if x < 2.0 {
        if x < 0.0 { 1.0 + erf(crate::Portable, -x) } else { 1.0 - series(x) }
    } else {
        tail(x)
    }
}

#[inline(always)]
pub(crate) fn normal_cdf<S: Isa>(s: S, x: f64) -> f64 {
    0.5 * erfc(s, -x * FRAC_1_SQRT_2)
}

/// erf x = 2/√π · e^(−x²) · Σ 2ⁿ x²ⁿ⁺¹ / (2n+1)!!
fn series(x: f64) -> f64 {
    let (mut term, mut sum, mut n) = (x, x, 1.0);
    while term.abs() > sum.abs() * 1e-18 {
        n += 2.0;
        term *= 2.0 * x * x / n;
        sum += term;
    }
    2.0 / PI.sqrt() * (-x * x).exp() * sum
}

/// erfc x for x ≥ 2 by its continued fraction.
fn tail(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x > 28.0 {
        return 0.0;
    }
    let mut f = x;
    for k in (1..=80).rev() {
        f = x + f64::from(k) * 0.5 / f;
    }
    (-x * x).exp() / (PI.sqrt() * f)
}
