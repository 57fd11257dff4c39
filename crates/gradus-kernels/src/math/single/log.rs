//! Logarithms and what is made of them, `f32`: ln x, ln(1 + x), log₂ x, softplus, log-sigmoid.
//!
//! x = 2ᵉ (1 + f) with √½ ≤ 1 + f < √2, and ln(1 + f) = f + f² (f q(f) − ½). The exponent stays where a float has it, as e·2²³.
//! Coefficients: `xtask/fixtures/polynomials.py`.

use super::exp::{LN2_HI, LN2_LO, exp_below};
use crate::math::polynomial;
use crate::simd::Isa;
use std::f32::consts::LN_2;

const LN: [f32; 8] =
    [0.333333318, -0.250008185, 0.20001213, -0.166234248, 0.142021336, -0.131599897, 0.127588736, -0.0763150038];
const LOG2: [f32; 9] = [
    -0.721347352,
    0.480898237,
    -0.360696637,
    0.28856747,
    -0.239617641,
    0.20460046,
    -0.191061362,
    0.186172662,
    -0.109947528,
];
/// 1/ln 2 = LOG2E_HI + LOG2E_LO.
const LOG2E_HI: f32 = std::f32::consts::LOG2_E;
const LOG2E_LO: f32 = 1.925_963_033_500_868e-8;
const SQRT_HALF: u32 = 0x3f35_04f3;

/// 2⁻²³.
const UNIT: f32 = f32::EPSILON;

/// (e·2²³, 1 + f) of a positive normal x.
#[inline(always)]
fn split(x: f32) -> (i32, f32) {
    let e = x.to_bits().wrapping_sub(SQRT_HALF) & 0xff80_0000;
    (e as i32, f32::from_bits(x.to_bits().wrapping_sub(e)))
}

/// (e·2²³, f) of a positive x.
#[inline(always)]
fn split_any(x: f32) -> (f32, f32) {
    let tiny = x < f32::MIN_POSITIVE;
    let (e, m) = split(if tiny { x * 8_388_608.0 } else { x });
    ((if tiny { e.wrapping_sub(23 << 23) } else { e }) as f32, m - 1.0)
}

/// e·ln 2 + ln(1 + f), from e·2²³. What ln 2 rounded once leaves out is 0.05 ulp of it; a product that is rounded needs it in two parts.
#[inline(always)]
fn joined<S: Isa>(s: S, e: f32, f: f32) -> f32 {
    let f2 = f * f;
    let slope = s.mul_add(f, polynomial(s, f, LN), -0.5);
    if S::FMA {
        return s.mul_add(e, UNIT * LN_2, s.mul_add(f2, slope, f));
    }
    e * (UNIT * LN2_HI) + (f + (f2 * slope + e * (UNIT * LN2_LO)))
}

/// The value of a logarithm at an argument u: y where 0 < u < ∞, else −∞ at 0, ∞ at ∞, NaN below 0.
#[inline(always)]
fn guarded(u: f32, y: f32) -> f32 {
    let edge = if u > 0.0 { u } else { f32::NAN };
    let edge = if u == 0.0 { f32::NEG_INFINITY } else { edge };
    if (u > 0.0) & (u < f32::INFINITY) { y } else { edge }
}

/// ln x: within 1 ulp.
#[inline(always)]
pub(crate) fn ln<S: Isa>(s: S, x: f32) -> f32 {
    let (e, f) = split_any(x);
    guarded(x, joined(s, e, f))
}

/// [`ln`] of a positive normal finite x, the same bits.
#[inline(always)]
pub(crate) fn ln_near<S: Isa>(s: S, x: f32) -> f32 {
    let (e, m) = split(x);
    joined(s, e as f32, m - 1.0)
}

/// log₂ x: within 1 ulp.
#[inline(always)]
pub(crate) fn log2<S: Isa>(s: S, x: f32) -> f32 {
    let (e, f) = split_any(x);
    let low = s.mul_add(f * f, polynomial(s, f, LOG2), f * LOG2E_LO);
    guarded(x, s.mul_add(e, UNIT, s.mul_add(f, LOG2E_HI, low)))
}

/// ln(1 + x): within 1 ulp. With u = fl(1 + x) = 2ᵉ m, f = x·2⁻ᵉ + (2⁻ᵉ − 1) has no error of u.
#[inline(always)]
pub(crate) fn ln_1p<S: Isa>(s: S, x: f32) -> f32 {
    let u = 1.0 + x;
    let (e, m) = split(u);
    let scale = f32::from_bits(1f32.to_bits().wrapping_sub(e as u32));
    let f = if x > 1e9 { m - 1.0 } else { s.mul_add(x, scale, scale - 1.0) };
    guarded(u, joined(s, e as f32, f).copysign(x))
}

/// ln(1 + z) for 0 ≤ z ≤ 1.
#[inline(always)]
fn ln_1p_unit<S: Isa>(s: S, z: f32) -> f32 {
    let big = z > 0.414_213_54;
    let f = if big { s.mul_add(z, 0.5, -0.5) } else { z };
    joined(s, if big { 1.0 / UNIT } else { 0.0 }, f)
}

/// ln(1 + eˣ) = max(x, 0) + ln(1 + e^(−|x|)): within 2 ulp.
#[inline(always)]
pub(crate) fn softplus<S: Isa>(s: S, x: f32) -> f32 {
    (if x < 0.0 { 0.0 } else { x }) + ln_1p_unit(s, exp_below(s, -x.abs()))
}

/// −softplus(−x): within 2 ulp.
#[inline(always)]
pub(crate) fn log_sigmoid<S: Isa>(s: S, x: f32) -> f32 {
    (if x > 0.0 { -0.0 } else { x }) - ln_1p_unit(s, exp_below(s, -x.abs()))
}
