//! Sine and cosine of any argument, `f32`.
//!
//! x·2/π modulo 4 in `f64`: 2/π·2²⁹ʲ modulo 4 stands in three parts, and j is chosen so that x·2⁻²⁹ʲ is an integer below 2⁵² (or
//! x itself, j = 0); then the products with the first two parts are exact (Payne & Hanek 1983, in floats). Accurate to 2⁻⁵⁵ of a
//! quadrant, while no `f32` comes nearer to a multiple of π/2 than 2⁻³⁰. Coefficients: `xtask/fixtures/polynomials.py`.

use super::exp::ROUND as ROUND_NEAR;
use crate::math::polynomial;
use crate::simd::Isa;
use std::f64::consts::FRAC_PI_2;

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

/// Below this |x| the nearest multiple of π/2 is found, and taken off, in `f32`.
pub(crate) const SIN_NEAR: f32 = 4096.0;
/// π/2 in three parts of 24 bits.
const HALF_PI: [f32; 3] = [1.570_796_4, -4.371_139e-8, -1.715_124_5e-15];

/// A point of a quadrant: x = quadrant·π/2 + r + low, |r| ≤ π/4 and a little, low below half an ulp of r; the quadrant modulo 4.
type Quadrant = (i32, f32, f32);

/// [`quadrant`] for |x| < [`SIN_NEAR`]: with fused multiply-adds, multiples of π/2 are taken off part by part (Cody & Waite 1980). The
/// first difference is exact, for it has no more bits than x or π/2's first part; the second is kept in two parts (Knuth's sum).
#[inline(always)]
fn quadrant_near<S: Isa>(s: S, x: f32) -> Quadrant {
    if !S::FMA {
        return quadrant_far(x);
    }
    let t = s.mul_add(x, std::f32::consts::FRAC_2_PI, ROUND_NEAR);
    let n = t - ROUND_NEAR;
    let first = s.mul_add(n, -HALF_PI[0], x);
    let product = n * HALF_PI[1];
    let rest = s.mul_add(n, HALF_PI[1], -product);
    let r = first - product;
    let back = r - first;
    let error = (first - (r - back)) - (product + back);
    (t.to_bits() as i32, r, s.mul_add(n, -HALF_PI[2], error - rest))
}

/// The quadrant of any argument.
#[inline(always)]
fn quadrant<S: Isa>(s: S, x: f32) -> Quadrant {
    let (near, far) = (quadrant_near(s, x), quadrant_far(x));
    if x.abs() < SIN_NEAR { near } else { far }
}

#[inline(always)]
fn quadrant_far(x: f32) -> Quadrant {
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
    let r = r * FRAC_PI_2;
    (t.to_bits() as i32, r as f32, (r - f64::from(r as f32)) as f32)
}

/// sin or cos of r + low, by the parity of the quadrant, with the sign of its second bit. `low` is added to first order:
/// where sin r is just below a power of two and r just above, it is nearly an ulp.
#[inline(always)]
fn sine<S: Isa>(s: S, (quadrant, r, low): Quadrant) -> f32 {
    let z = r * r;
    let sin = s.mul_add(r * z, polynomial(s, z, SIN), low) + r;
    let cos = s.mul_add(z, s.mul_add(z, polynomial(s, z, COS), -0.5), -r * low) + 1.0;
    let y = if quadrant & 1 == 0 { sin } else { cos };
    f32::from_bits(y.to_bits() ^ ((quadrant as u32 & 2) << 30))
}

/// The same point a quadrant on: cos x = sin(x + π/2).
#[inline(always)]
fn next((quadrant, r, low): Quadrant) -> Quadrant {
    (quadrant.wrapping_add(1), r, low)
}

/// [`sin`] for |x| < [`SIN_NEAR`], the same bits.
#[inline(always)]
pub(crate) fn sin_near<S: Isa>(s: S, x: f32) -> f32 {
    let y = sine(s, quadrant_near(s, x));
    if x == 0.0 { x } else { y }
}

/// [`cos`] for |x| < [`SIN_NEAR`], the same bits.
#[inline(always)]
pub(crate) fn cos_near<S: Isa>(s: S, x: f32) -> f32 {
    sine(s, next(quadrant_near(s, x)))
}

/// Sine: within 1 ulp for every argument.
#[inline(always)]
pub(crate) fn sin<S: Isa>(s: S, x: f32) -> f32 {
    let y = sine(s, quadrant(s, x));
    if x == 0.0 { x } else { y }
}

/// Cosine: within 1 ulp for every argument.
#[inline(always)]
pub(crate) fn cos<S: Isa>(s: S, x: f32) -> f32 {
    sine(s, next(quadrant(s, x)))
}
