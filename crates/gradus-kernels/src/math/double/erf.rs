//! The error function, its complement and the Gaussian distribution function, `f64`; as in `single/erf.rs`, to a higher degree.

use super::exp::{reduced_pair, scaled};
use crate::math::polynomial;
use crate::simd::Isa;

const ERF: [f64; 13] = [
    0.12837916709551257,
    -0.37612638903183748,
    0.11283791670954858,
    -0.026866170645072946,
    0.0052239776247813798,
    -8.5483269787722772e-4,
    1.2055331038012289e-4,
    -1.4925593533898943e-5,
    1.6460973253189741e-6,
    -1.6350029864756353e-7,
    1.465791111646372e-8,
    -1.1365786813468391e-9,
    5.9454657962805404e-11,
];
/// The constant coefficient of h, in two parts.
const ERFCX_0: (f64, f64) = (0.4216127281222872, -1.1556727230057543e-17);
const ERFCX: [f64; 22] = [
    0.64372147955131906,
    0.7262625866369563,
    0.54800366478737469,
    0.18151392084415406,
    -0.10743096707636374,
    -0.12336090933924749,
    0.022487463640520589,
    0.07195583479035164,
    -0.011941452138437125,
    -0.046122873041903364,
    0.016001075081924877,
    0.029890563500056798,
    -0.022136562148661472,
    -0.015276507292184521,
    0.025768627138424611,
    -1.7448337296129193e-4,
    -0.023805537670051457,
    0.014186888751680597,
    0.015996045797673459,
    -0.019503051231886671,
    -0.0066585254172490039,
    0.010318005217746911,
];

/// (1 + p)·erfcx(u) = (1 + p)·w·h(w − ½) for u ≥ ½, with 1/w = 1 + u·slope; what roundings take away is carried along where
/// that is cheap.
#[inline(always)]
fn scaled_tail<S: Isa>(s: S, u: f64, slope: f64, p: f64) -> f64 {
    let (h, h_rest) = ERFCX_0;
    let d = s.mul_add(u, slope, 1.0);
    let w = 1.0 / d;
    let v = w - 0.5;
    let t = s.mul_add(v, polynomial(s, v, ERFCX), h_rest);
    if !S::FMA {
        let y = w * (h + t);
        return y + y * p;
    }
    // The relative error of w, and what it does to w·h(w − ½), whose logarithmic slope is about 1 + 1.65 w.
    let w_rest = s.mul_add(-w, d, 1.0) - w * s.mul_add(u, slope, 1.0 - d);
    let w_rest = s.mul_add(1.65 * w, w_rest, w_rest);
    let y = w * h;
    let y_rest = s.mul_add(w, t, s.mul_add(w, h, -y));
    y + s.mul_add(y + y_rest, s.mul_add(w_rest, 1.0 + p, p), y_rest)
}

/// e^(−u²·square)·erfcx(u·√square) for u·√square ≥ ½, where slope = 0.4·√square.
#[inline(always)]
fn tail<S: Isa>(s: S, u: f64, square: f64, slope: f64) -> f64 {
    let top = f64::from_bits(u.to_bits() & 0xffff_ffff_f800_0000);
    let (hi, lo) = (-(top * top) * square, -((u - top) * (u + top)) * square);
    let (n, p) = reduced_pair(s, hi + lo, hi, lo);
    scaled(scaled_tail(s, u, slope, p), n)
}

/// 2/√π ∫₀ˣ e^(−t²) dt: within 2 ulp.
#[inline(always)]
pub(crate) fn erf<S: Isa>(s: S, x: f64) -> f64 {
    let u = x.abs();
    let near = s.mul_add(x, polynomial(s, x * x, ERF), x);
    let far = (1.0 - tail(s, if u > 6.0 { 6.0 } else { u }, 1.0, 0.4)).copysign(x);
    if u < 0.95 { if x == 0.0 { x } else { near } } else { far }
}

/// 1 − erf x: within 3 ulp (6 without FMA).
#[inline(always)]
pub(crate) fn erfc<S: Isa>(s: S, x: f64) -> f64 {
    let u = x.abs();
    let far = tail(s, if u > 27.3 { 27.3 } else { u }, 1.0, 0.4);
    let far = if x < 0.0 { 2.0 - far } else { far };
    let near = s.mul_add(-x, polynomial(s, x * x, ERF), 1.0 - x);
    if u < 0.5 { near } else { far }
}

/// ½√½, so that erf(x/√2)/2 is HALF_SQRT_HALF·x·(1 + q(x²/2)).
const HALF_SQRT_HALF: f64 = 0.353_553_390_593_273_762_20;

/// Φ(x) = ½ erfc(−x/√2): within 3 ulp (6 without FMA).
#[inline(always)]
pub(crate) fn normal_cdf<S: Isa>(s: S, x: f64) -> f64 {
    let u = x.abs();
    let far = 0.5 * tail(s, if u > 38.6 { 38.6 } else { u }, 0.5, 0.8 * HALF_SQRT_HALF);
    let far = if x > 0.0 { 1.0 - far } else { far };
    let y = x * HALF_SQRT_HALF;
    let near = 0.5 + s.mul_add(y, polynomial(s, 0.5 * x * x, ERF), y);
    if u < 0.707 { near } else { far }
}
