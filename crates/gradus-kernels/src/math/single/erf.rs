//! The error function, its complement and the Gaussian distribution function, `f32`.
//!
//! Near 0 erf x = x + x q(x²), beyond it 1 − e^(−x q(x)). The tail is e^(−u²)·erfcx(u) with erfcx(u) = w·h(w − ½), w = 1/(1 + u/2); u² is
//! carried in two parts, without which the tail would lose u² ulp. Coefficients: `xtask/fixtures/polynomials.py`.

use super::exp::{exp_near, reduced_pair, scaled};
use crate::math::polynomial;
use crate::simd::Isa;

const ERF: [f32; 7] =
    [0.128379166, -0.376126258, 0.112835853, -0.0268538181, 0.00518833995, -8.01030554e-4, 7.85424237e-5];
const ERF_TAIL: [f32; 8] =
    [1.12854173, 0.635671663, 0.105172637, -0.0225792159, 0.00287153333, -2.83784611e-5, -4.97415608e-5, 5.27957965e-6];
/// The constant coefficient of h, in two parts.
const ERFCX_0: (f32, f32) = (0.510791357, -4.240640950e-09);
const ERFCX: [f32; 8] =
    [0.687160697, 0.558942356, 0.145765959, -0.171966731, -0.103521808, 0.0962538746, 0.0513053376, -0.0613377511];

/// ½√½, so that erf(x/√2)/2 is HALF_SQRT_HALF·x·(1 + q(x²/2)).
const HALF_SQRT_HALF: f32 = 0.353_553_39;

/// 2/√π ∫₀ˣ e^(−t²) dt: within 1 ulp.
#[inline(always)]
pub(crate) fn erf<S: Isa>(s: S, x: f32) -> f32 {
    let u = x.abs();
    let near = s.mul_add(x, polynomial(s, x * x, ERF), x);
    let v = if u > 4.0 { 4.0 } else { u };
    let far = (1.0 - exp_near(s, -v * polynomial(s, v, ERF_TAIL))).copysign(x);
    if u >= 0.95 { far } else { near }
}

/// (1 + p)·erfcx(u) = (1 + p)·w·h(w − ½) for u ≥ ½, with 1/w = 1 + u·half; what roundings take away is carried along.
#[inline(always)]
fn scaled_tail<S: Isa>(s: S, u: f32, half: f32, p: f32) -> f32 {
    let (h, h_rest) = ERFCX_0;
    if !S::FMA {
        let w = 1.0 / (1.0 + f64::from(u) * f64::from(half));
        let v = w as f32 - 0.5;
        let h = f64::from(h) + f64::from(v * polynomial(s, v, ERFCX) + h_rest);
        return (w * h * (1.0 + f64::from(p))) as f32;
    }
    let d = s.mul_add(u, half, 1.0);
    let w = 1.0 / d;
    // The relative error of w, and what it does to w·h(w − ½), whose logarithmic slope is about 1 + 1.35 w.
    let w_rest = s.mul_add(-w, d, 1.0) - w * s.mul_add(u, half, 1.0 - d);
    let w_rest = s.mul_add(1.35 * w, w_rest, w_rest);
    let v = w - 0.5;
    let t = s.mul_add(v, polynomial(s, v, ERFCX), h_rest);
    let y = w * h;
    let y_rest = s.mul_add(w, t, s.mul_add(w, h, -y));
    y + s.mul_add(y + y_rest, s.mul_add(w_rest, 1.0 + p, p), y_rest)
}

/// e^(−u²·square)·erfcx(u·√square) where half = ½√square.
#[inline(always)]
fn tail<S: Isa>(s: S, u: f32, square: f32, half: f32) -> f32 {
    let top = f32::from_bits(u.to_bits() & 0xffff_f000);
    let (hi, lo) = (-(top * top) * square, -((u - top) * (u + top)) * square);
    let (n, p) = reduced_pair(s, hi + lo, hi, lo);
    scaled(scaled_tail(s, u, half, p), n)
}

/// 1 − erf x: within 3 ulp (2 but for 14 of the arguments from ½ to 11).
#[inline(always)]
pub(crate) fn erfc<S: Isa>(s: S, x: f32) -> f32 {
    let u = x.abs();
    let far = tail(s, if u > 10.2 { 10.2 } else { u }, 1.0, 0.5);
    let far = if x < 0.0 { 2.0 - far } else { far };
    let near = s.mul_add(-x, polynomial(s, x * x, ERF), 1.0 - x);
    if u < 0.5 { near } else { far }
}

/// Φ(x) = ½ erfc(−x/√2): within 3 ulp.
#[inline(always)]
pub(crate) fn normal_cdf<S: Isa>(s: S, x: f32) -> f32 {
    let u = x.abs();
    let far = 0.5 * tail(s, if u > 14.4 { 14.4 } else { u }, 0.5, HALF_SQRT_HALF);
    let far = if x > 0.0 { 1.0 - far } else { far };
    let y = x * HALF_SQRT_HALF;
    let near = 0.5 + s.mul_add(y, polynomial(s, 0.5 * x * x, ERF), y);
    if u < 0.707 { near } else { far }
}
