//! Sine and cosine of any argument, `f32`.
//!
//! x·2/π modulo 4 in `f64`: 2/π·2²⁹ʲ modulo 4 stands in three parts, and j is chosen so that x·2⁻²⁹ʲ is an integer below 2⁵² (or
//! x itself, j = 0); then the products with the first two parts are exact (Payne & Hanek 1983, in floats). Accurate to 2⁻⁵⁵ of a
//! quadrant, while no `f32` comes nearer to a multiple of π/2 than 2⁻³⁰. Coefficients: `xtask/fixtures/polynomials.py`.

use crate::math::polynomial;
use crate::simd::Isa;
use std::f64::consts::{FRAC_2_PI, FRAC_PI_2};

const SIN: [f32; 3] = [-0.166666548, 0.00833217019, -1.95163247e-4];
const COS: [f32; 3] = [0.0416666469, -0.00138873694, 2.44385771e-5];

/// For each j: the least |x|, and 2⁻²⁹ʲ·(2/π·2²⁹ʲ modulo 4) in parts of 29, 29 and 53 bits.
const PARTS: [(f64, [f64; 3]); 4] = [
    (0.0, [0.6366197690367699, 3.3308114738561656e-09, 2.276010073078396e-18]),
    (4503599627370496.0, [3.3308114738561656e-09, 2.276010047810136e-18, 2.52682603558315e-26]),
    (2.4178516392292583e+24, [2.276010047810136e-18, 2.5268260333447567e-26, 2.2383930857039694e-35]),
    (1.298074214633707e+33, [2.5268260333447567e-26, 2.2383930830835663e-35, 2.620403181749314e-44]),
];

/// Adding it rounds to a multiple of 4.
const ROUND_4: f64 = 27_021_597_764_222_976.0;
/// Adding it rounds to an integer, which then stands in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// Below this |x| the products with π/2 are exact.
pub(crate) const SIN_NEAR: f32 = 16_777_216.0;
/// π/2 = HALF_PI_HI + HALF_PI_LO.
const HALF_PI_HI: f64 = FRAC_PI_2;
const HALF_PI_LO: f64 = 6.123_233_995_736_766e-17;

/// [`quadrant`] for |x| < [`SIN_NEAR`]: with fused multiply-adds, multiples of π/2 are taken off (Cody & Waite 1980).
#[inline(always)]
fn quadrant_near<S: Isa>(s: S, x: f32) -> (i32, f64) {
    if !S::FMA {
        return quadrant_far(x);
    }
    let y = f64::from(x);
    let t = s.mul_add(y, FRAC_2_PI, ROUND);
    let n = t - ROUND;
    (t.to_bits() as i32, s.mul_add(n, -HALF_PI_LO, s.mul_add(n, -HALF_PI_HI, y)))
}

/// (quadrant, r) with x = quadrant·π/2 + r, |r| ≤ π/4, the quadrant modulo 4.
#[inline(always)]
fn quadrant<S: Isa>(s: S, x: f32) -> (i32, f64) {
    let (near, far) = (quadrant_near(s, x), quadrant_far(x));
    if x.abs() < SIN_NEAR { near } else { far }
}

#[inline(always)]
fn quadrant_far(x: f32) -> (i32, f64) {
    let (y, u) = (f64::from(x), f64::from(x.abs()));
    let (_, mut part) = PARTS[0];
    for (from, parts) in &PARTS[1..] {
        let far = u >= *from;
        for k in 0..3 {
            part[k] = if far { parts[k] } else { part[k] };
        }
    }
    let (a, b) = (y * part[0], y * part[1]);
    let (a, b) = (a - ((a + ROUND_4) - ROUND_4), b - ((b + ROUND_4) - ROUND_4));
    // The third product has its say in the quadrant: it reaches 1/16, and r beyond π/4 would be too far for the polynomials.
    let c = y * part[2];
    let t = (a + b + c) + ROUND;
    let r = ((a - (t - ROUND)) + b) + c;
    (t.to_bits() as i32, r * FRAC_PI_2)
}

/// sin or cos of r, by the parity of the quadrant, with the sign of its second bit. What rounding r to `f32` leaves is added to first
/// order: where sin r is just below a power of two and r just above, it is nearly an ulp.
#[inline(always)]
fn sine<S: Isa>(s: S, quadrant: i32, r: f64) -> f32 {
    let (r, low) = (r as f32, (r - f64::from(r as f32)) as f32);
    let z = r * r;
    let sin = s.mul_add(r * z, polynomial(s, z, SIN), low) + r;
    let cos = s.mul_add(z, s.mul_add(z, polynomial(s, z, COS), -0.5), -r * low) + 1.0;
    let y = if quadrant & 1 == 0 { sin } else { cos };
    f32::from_bits(y.to_bits() ^ ((quadrant as u32 & 2) << 30))
}

/// [`sin`] for |x| < [`SIN_NEAR`], the same bits.
#[inline(always)]
pub(crate) fn sin_near<S: Isa>(s: S, x: f32) -> f32 {
    let (q, r) = quadrant_near(s, x);
    let y = sine(s, q, r);
    if x == 0.0 { x } else { y }
}

/// [`cos`] for |x| < [`SIN_NEAR`], the same bits.
#[inline(always)]
pub(crate) fn cos_near<S: Isa>(s: S, x: f32) -> f32 {
    let (q, r) = quadrant_near(s, x);
    sine(s, q.wrapping_add(1), r)
}

/// Sine: within 1 ulp for every argument.
#[inline(always)]
pub(crate) fn sin<S: Isa>(s: S, x: f32) -> f32 {
    let (q, r) = quadrant(s, x);
    let y = sine(s, q, r);
    if x == 0.0 { x } else { y }
}

/// Cosine: within 1 ulp for every argument.
#[inline(always)]
pub(crate) fn cos<S: Isa>(s: S, x: f32) -> f32 {
    let (q, r) = quadrant(s, x);
    sine(s, q.wrapping_add(1), r)
}
