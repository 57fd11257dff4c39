//! Exponentials and what is made of them, `f64`: eˣ, eˣ − 1, tanh, sigmoid; as in `single/exp.rs`, to a higher degree.

use crate::math::polynomial;
use crate::simd::Isa;
use std::f64::consts::LOG2_E;

/// Adding it rounds to an integer, which then stands in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// ln 2 = LN2_HI + LN2_LO; n·LN2_HI is exact.
pub(super) const LN2_HI: f64 = 0.693_147_180_369_123_816_490;
pub(super) const LN2_LO: f64 = 1.908_214_929_270_587_700_02e-10;

const EXP: [f64; 10] = [
    0.50000000000000054,
    0.16666666666666593,
    0.041666666666574646,
    0.0083333333333868643,
    0.001388888893223039,
    1.9841269725657927e-4,
    2.4801504478037955e-5,
    2.7557400823756566e-6,
    2.7626356497391053e-7,
    2.5056163163227879e-8,
];

/// (n, eʳ − 1) of x = n·ln 2 + r.
#[inline(always)]
fn reduced<S: Isa>(s: S, x: f64) -> (i64, f64) {
    reduced_pair(s, x, x, 0.0)
}

/// (n, eʳ − 1) of hi + lo = n·ln 2 + r, where `near` is about hi + lo.
#[inline(always)]
pub(super) fn reduced_pair<S: Isa>(s: S, near: f64, hi: f64, lo: f64) -> (i64, f64) {
    let t = s.mul_add(near, LOG2_E, ROUND);
    let n = t - ROUND;
    let r = s.mul_add(n, -LN2_LO, s.mul_add(n, -LN2_HI, hi) + lo);
    (t.to_bits().wrapping_sub(ROUND.to_bits()) as i64, s.mul_add(r * r, polynomial(s, r, EXP), r))
}

/// 2ⁿ for −1022 ≤ n ≤ 1023.
#[inline(always)]
pub(super) fn power_of_two(n: i64) -> f64 {
    f64::from_bits((n.wrapping_add(1023) as u64) << 52)
}

/// p·2ⁿ for −2044 ≤ n ≤ 2046, rounded once also where the result is subnormal.
#[inline(always)]
pub(super) fn scaled(p: f64, n: i64) -> f64 {
    // A logical shift of n + 4096: vectors have no arithmetic one of 64 bits before AVX-512.
    let half = ((n.wrapping_add(4096) as u64) >> 1) as i64 - 2048;
    p * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

/// eˣ: within 1 ulp.
#[inline(always)]
pub(crate) fn exp<S: Isa>(s: S, x: f64) -> f64 {
    let x = if x > 710.0 { 710.0 } else { x };
    exp_below(s, x)
}

/// Numbers below it in size have an eˣ that is normal.
pub(crate) const EXP_NEAR: f64 = 708.0;

/// [`exp`] for |x| < [`EXP_NEAR`]: the multiple of ln 2 is added to the exponent, so the same bits.
#[inline(always)]
pub(crate) fn exp_near<S: Isa>(s: S, x: f64) -> f64 {
    let (n, p) = reduced(s, x);
    f64::from_bits((1.0 + p).to_bits().wrapping_add((n as u64) << 52))
}

/// eˣ for x ≤ 710.
#[inline(always)]
pub(super) fn exp_below<S: Isa>(s: S, x: f64) -> f64 {
    let x = if x < -746.0 { -746.0 } else { x };
    let (n, p) = reduced(s, x);
    scaled(1.0 + p, n)
}

/// eˣ − 1: within 2 ulp.
#[inline(always)]
pub(crate) fn exp_m1<S: Isa>(s: S, x: f64) -> f64 {
    let c = if x > 710.0 { 710.0 } else { x };
    let c = if c < -40.0 { -40.0 } else { c };
    let (n, p) = reduced(s, c);
    // Half of it, because 2¹⁰²⁴ is not a number.
    let half = power_of_two(n - 1);
    let y = 2.0 * s.mul_add(p, half, half - 0.5);
    if x.abs() < 5e-17 { x } else { y }
}

/// tanh |x| = (1 − e^(−2|x|))/(1 + e^(−2|x|)): within 2 ulp.
#[inline(always)]
pub(crate) fn tanh<S: Isa>(s: S, x: f64) -> f64 {
    let y = -2.0 * x.abs();
    let y = if y < -42.0 { -42.0 } else { y };
    let (n, p) = reduced(s, y);
    let e = power_of_two(n);
    (s.mul_add(-p, e, 1.0 - e) / s.mul_add(p, e, 1.0 + e)).copysign(x)
}

/// 1/(1 + e⁻ˣ), as eˣ/(1 + eˣ) for x < 0: within 2 ulp.
#[inline(always)]
pub(crate) fn sigmoid<S: Isa>(s: S, x: f64) -> f64 {
    let z = exp_below(s, -x.abs());
    (if x < 0.0 { z } else { 1.0 }) / (1.0 + z)
}
