//! Logarithms and what is made of them, `f64`: ln x, ln(1 + x), softplus, log-sigmoid.
//!
//! x = 2ᵉ (1 + f) with √½ ≤ 1 + f < √2, and with s = f/(2 + f), ln(1 + f) = ln((1 + s)/(1 − s)) = f − (f²/2 − s (f²/2 + s² q(s²)))
//! (as in fdlibm: f and f²/2 stand apart, so that only small terms are rounded). Coefficients: `xtask/fixtures/polynomials.py`.

use super::exp::{LN2_HI, LN2_LO, exp_below};
use crate::math::polynomial;
use crate::simd::Isa;

const ATANH: [f64; 7] = [
    0.66666666666667353,
    0.39999999999407641,
    0.28571428744110974,
    0.2222219838127245,
    0.18183575037696343,
    0.15313758653834035,
    0.14799039772294767,
];
const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
/// The bits of 2⁵²: a small integer in the low bits makes 2⁵² + the integer.
const SHIFTED: u64 = 0x4330_0000_0000_0000;

/// (e, 1 + f) of a positive normal x.
#[inline(always)]
fn split(x: f64) -> (f64, f64) {
    let i = x.to_bits().wrapping_sub(SQRT_HALF);
    // e + 1024, so that the shift may be logical.
    let biased = i.wrapping_add(1024 << 52) >> 52;
    let e = f64::from_bits(biased | SHIFTED) - 4_503_599_627_371_520.0;
    (e, f64::from_bits((i & 0x000f_ffff_ffff_ffff).wrapping_add(SQRT_HALF)))
}

/// e·ln 2 + ln(1 + f).
#[inline(always)]
fn joined<S: Isa>(s: S, e: f64, f: f64) -> f64 {
    let half = 0.5 * f * f;
    let a = f / (2.0 + f);
    let z = a * a;
    let q = z * polynomial(s, z, ATANH);
    s.mul_add(e, LN2_HI, f - (half - s.mul_add(a, half + q, e * LN2_LO)))
}

/// The value of a logarithm at an argument u: y where 0 < u < ∞, else −∞ at 0, ∞ at ∞, NaN below 0.
#[inline(always)]
fn guarded(u: f64, y: f64) -> f64 {
    let edge = if u > 0.0 { u } else { f64::NAN };
    let edge = if u == 0.0 { f64::NEG_INFINITY } else { edge };
    if (u > 0.0) & (u < f64::INFINITY) { y } else { edge }
}

/// ln x: within 1 ulp.
#[inline(always)]
pub(crate) fn ln<S: Isa>(s: S, x: f64) -> f64 {
    let tiny = x < f64::MIN_POSITIVE;
    let (e, m) = split(if tiny { x * 18_014_398_509_481_984.0 } else { x });
    guarded(x, joined(s, if tiny { e - 54.0 } else { e }, m - 1.0))
}

/// [`ln`] of a positive normal finite x, the same bits.
#[inline(always)]
pub(crate) fn ln_near<S: Isa>(s: S, x: f64) -> f64 {
    let (e, m) = split(x);
    joined(s, e, m - 1.0)
}

/// ln(1 + x): within 2 ulp; see `single/log.rs`.
#[inline(always)]
pub(crate) fn ln_1p<S: Isa>(s: S, x: f64) -> f64 {
    let u = 1.0 + x;
    let (e, m) = split(u);
    let scale = f64::from_bits(
        0x3ff0_0000_0000_0000_u64.wrapping_sub(u.to_bits().wrapping_sub(SQRT_HALF) & 0xfff0_0000_0000_0000),
    );
    let f = if x > 1e18 { m - 1.0 } else { s.mul_add(x, scale, scale - 1.0) };
    guarded(u, joined(s, e, f).copysign(x))
}

/// ln(1 + z) for 0 ≤ z ≤ 1.
#[inline(always)]
fn ln_1p_unit<S: Isa>(s: S, z: f64) -> f64 {
    let big = z > 0.414_213_562_373_095;
    let f = if big { s.mul_add(z, 0.5, -0.5) } else { z };
    joined(s, if big { 1.0 } else { 0.0 }, f)
}

/// ln(1 + eˣ) = max(x, 0) + ln(1 + e^(−|x|)): within 2 ulp.
#[inline(always)]
pub(crate) fn softplus<S: Isa>(s: S, x: f64) -> f64 {
    (if x < 0.0 { 0.0 } else { x }) + ln_1p_unit(s, exp_below(s, -x.abs()))
}

/// −softplus(−x): within 2 ulp.
#[inline(always)]
pub(crate) fn log_sigmoid<S: Isa>(s: S, x: f64) -> f64 {
    (if x > 0.0 { -0.0 } else { x }) - ln_1p_unit(s, exp_below(s, -x.abs()))
}
