//! Exponentials and what is made of them, `f32`: eˣ, eˣ − 1, 2ˣ, tanh, sigmoid.
//!
//! x = n·ln 2 + r with |r| ≤ ½ ln 2, and eʳ − 1 = r + r² q(r). The multiple n stays in the bits of a float (adding 1.5·2²³ rounds
//! to an integer), so that no conversion is needed. Coefficients: `xtask/fixtures/polynomials.py`.

use crate::math::polynomial;
use crate::simd::Isa;
use std::f32::consts::LOG2_E;

/// Adding it rounds to an integer, which then stands in the low bits.
pub(super) const ROUND: f32 = 12_582_912.0;
/// ln 2 = LN2_HI + LN2_LO; n·LN2_HI is exact.
pub(super) const LN2_HI: f32 = 0.693_359_375;
pub(super) const LN2_LO: f32 = -2.121_944_4e-4;

const EXP: [f32; 5] = [0.499999981, 0.166665428, 0.0416671952, 0.00836663577, 0.00138831794];
const EXP2: [f32; 7] =
    [std::f32::consts::LN_2, 0.240226509, 0.0555041073, 0.00961805677, 0.00133336674, 1.54614382e-4, 1.52533879e-5];

/// (n, eʳ − 1) of x = n·ln 2 + r.
#[inline(always)]
fn reduced<S: Isa>(s: S, x: f32) -> (i32, f32) {
    let t = s.mul_add(x, LOG2_E, ROUND);
    let n = t - ROUND;
    less_one(s, t, s.mul_add(n, -LN2_LO, s.mul_add(n, -LN2_HI, x)))
}

/// (n, eʳ − 1) of hi + lo = n·ln 2 + r, where `near` is about hi + lo.
#[inline(always)]
pub(super) fn reduced_pair<S: Isa>(s: S, near: f32, hi: f32, lo: f32) -> (i32, f32) {
    let t = s.mul_add(near, LOG2_E, ROUND);
    let n = t - ROUND;
    less_one(s, t, s.mul_add(n, -LN2_LO, s.mul_add(n, -LN2_HI, hi) + lo))
}

/// (n, eʳ − 1) from n + [`ROUND`] and r.
#[inline(always)]
fn less_one<S: Isa>(s: S, t: f32, r: f32) -> (i32, f32) {
    (multiple(t), s.mul_add(r * r, polynomial(s, r, EXP), r))
}

/// The integer in a sum with [`ROUND`].
#[inline(always)]
fn multiple(t: f32) -> i32 {
    t.to_bits().wrapping_sub(ROUND.to_bits()) as i32
}

/// 2ⁿ for −126 ≤ n ≤ 127.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}

/// p·2ⁿ for −252 ≤ n ≤ 254, rounded once also where the result is subnormal.
#[inline(always)]
pub(super) fn scaled(p: f32, n: i32) -> f32 {
    let half = n >> 1;
    p * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

/// eˣ: within 1 ulp.
#[inline(always)]
pub(crate) fn exp<S: Isa>(s: S, x: f32) -> f32 {
    let x = if x > 89.0 { 89.0 } else { x };
    exp_below(s, x)
}

/// Numbers below it in size have an eˣ that is normal.
pub(crate) const EXP_NEAR: f32 = 87.0;

/// [`exp`] for |x| < [`EXP_NEAR`]: the multiple of ln 2 is added to the exponent, so the same bits.
#[inline(always)]
pub(crate) fn exp_near<S: Isa>(s: S, x: f32) -> f32 {
    let (n, p) = reduced(s, x);
    f32::from_bits((1.0 + p).to_bits().wrapping_add((n as u32) << 23))
}

/// eˣ for x ≤ 89.
#[inline(always)]
pub(super) fn exp_below<S: Isa>(s: S, x: f32) -> f32 {
    let x = if x < -104.5 { -104.5 } else { x };
    let (n, p) = reduced(s, x);
    scaled(1.0 + p, n)
}

/// eˣ − 1: within 2 ulp.
#[inline(always)]
pub(crate) fn exp_m1<S: Isa>(s: S, x: f32) -> f32 {
    let c = if x > 89.0 { 89.0 } else { x };
    let c = if c < -18.0 { -18.0 } else { c };
    let (n, p) = reduced(s, c);
    // Half of it, because 2¹²⁸ is not a number.
    let half = power_of_two(n - 1);
    let y = 2.0 * s.mul_add(p, half, half - 0.5);
    if x.abs() < 2.9e-8 { x } else { y }
}

/// 2ˣ: within 1 ulp.
#[inline(always)]
pub(crate) fn exp2<S: Isa>(s: S, x: f32) -> f32 {
    let x = if x > 129.0 { 129.0 } else { x };
    let x = if x < -151.0 { -151.0 } else { x };
    let t = x + ROUND;
    let r = x - (t - ROUND);
    scaled(s.mul_add(r, polynomial(s, r, EXP2), 1.0), multiple(t))
}

/// tanh |x| = (1 − e^(−2|x|))/(1 + e^(−2|x|)): within 2 ulp.
#[inline(always)]
pub(crate) fn tanh<S: Isa>(s: S, x: f32) -> f32 {
    let y = -2.0 * x.abs();
    let y = if y < -20.0 { -20.0 } else { y };
    let (n, p) = reduced(s, y);
    let e = power_of_two(n);
    (s.mul_add(-p, e, 1.0 - e) / s.mul_add(p, e, 1.0 + e)).copysign(x)
}

/// 1/(1 + e⁻ˣ), as eˣ/(1 + eˣ) for x < 0: within 2 ulp.
#[inline(always)]
pub(crate) fn sigmoid<S: Isa>(s: S, x: f32) -> f32 {
    let z = exp_below(s, -x.abs());
    (if x < 0.0 { z } else { 1.0 }) / (1.0 + z)
}
