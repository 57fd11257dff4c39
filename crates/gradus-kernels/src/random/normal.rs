//! Normal numbers by counter: Box-Muller in vectors.
//!
//! (cos 2πv, sin 2πv)·√(−2 ln u) are two independent standard normals for independent uniform u, v (Box & Muller 1958). The
//! angle comes from integers, so its reduction to [−π/4, π/4) is exact and costs nothing: one bit swaps sine and cosine, one is
//! the sign of the cosine, the rest is the angle. The polynomials are minimax fits of our own (Remez exchange, relative error
//! below 6e-9 for `f32` and 2e-16 for `f64`).

use super::philox::{Key, LANES, WORDS, tile};
use super::uniform::unit64;
use super::{Tiles, cover};
use crate::kind::SliceMut;
use crate::real::Real;
use crate::simd::Isa;
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_PI_2, LN_2};

/// mean + sd·z.
#[derive(Clone, Copy)]
struct Normal<T> {
    key: Key,
    mean: T,
    sd: T,
}

/// c₀ + x (c₁ + x (c₂ + …)).
#[inline(always)]
fn horner<T: Real, S: Isa, const N: usize>(s: S, x: T, c: [f64; N]) -> T {
    let mut y = T::from_f64(c[N - 1]);
    for k in (0..N - 1).rev() {
        y = s.mul_add(y, x, T::from_f64(c[k]));
    }
    y
}

/// (cos x, sin x) for |x| ≤ π/4, where C and D fit (cos x − 1 + x²/2)/x⁴ and (sin x − x)/x³ in x².
#[inline(always)]
fn cos_sin<T: Real, S: Isa, const N: usize>(s: S, x: T, cos: [f64; N], sin: [f64; N]) -> (T, T) {
    let q = x * x;
    let c = s.mul_add(horner(s, q, cos), q * q, s.mul_add(q, T::from_f64(-0.5), T::ONE));
    (c, s.mul_add(horner(s, q, sin), q * x, x))
}

/// −2 ln u, u = (k + ½)/2³¹ for the upper 31 bits k of a word: the largest normal is √(−2 ln 2⁻³²) = 6.66.
#[inline(always)]
fn minus_two_ln32<S: Isa>(s: S, w: u32) -> f32 {
    const FIT: [f64; 8] = [
        -0.666_666_633_850_026_5,
        0.500_016_419_107_924,
        -0.400_024_554_895_700_46,
        0.332_467_218_485_234_5,
        -0.284_034_884_651_780,
        0.263_202_715_642_081,
        -0.255_232_891_770_789_8,
        0.152_693_858_505_274_2,
    ];
    let u = s.mul_add((w >> 1) as i32 as f32, 2.0_f32.powi(-31), 2.0_f32.powi(-32));
    // u = 2ᵉ·(1 + f) with 1 + f in [√½, √2).
    let bits = u.to_bits().wrapping_sub((FRAC_1_SQRT_2 as f32).to_bits());
    let e = (bits as i32) >> 23;
    let f = f32::from_bits(u.to_bits().wrapping_sub((e << 23) as u32)) - 1.0;
    let ff = f * f;
    let small = s.mul_add(horner(s, f, FIT), ff * f, s.mul_add(f, -2.0, ff));
    // Never below 0: at u = 1 the sum is 0 by construction.
    s.mul_add(e as f32, -2.0 * LN_2 as f32, small)
}

#[inline(always)]
fn minus_two_ln64<S: Isa>(s: S, w: u64) -> f64 {
    const FIT: [f64; 7] = [
        -1.333_333_333_333_346_8,
        -0.799_999_999_988_327_4,
        -0.571_428_574_840_346_4,
        -0.444_443_972_211_572_3,
        -0.363_671_248_312_631_3,
        -0.306_281_971_617_586,
        -0.295_909_550_774_921_7,
    ];
    let u = unit64(w) + f64::EPSILON / 2.0;
    let bits = u.to_bits().wrapping_sub(FRAC_1_SQRT_2.to_bits());
    // Bits 52 and above are the exponent; it is small, so its lower half as a 32-bit integer is all of it.
    let e = ((bits >> 32) as u32 as i32) >> 20;
    let m = f64::from_bits(u.to_bits().wrapping_sub(u64::from(e as u32) << 52));
    let (f, g) = (m - 1.0, m + 1.0);
    let r = f / g;
    let q = r * r;
    // ln m = 2 artanh r.
    let small = s.mul_add(horner(s, q, FIT), q * r, -4.0 * r);
    s.mul_add(f64::from(e), -2.0 * LN_2, small)
}

impl<T> Normal<T> {
    fn child(self, n: u64) -> Self {
        Normal { key: self.key.child(n), ..self }
    }
}

impl Tiles<f32, WORDS> for Normal<f32> {
    #[inline(always)]
    fn at<S: Isa>(self, s: S, t: u64, out: &mut [f32; WORDS]) {
        const COS: [f64; 3] = [0.041_666_645_682_977_37, -0.001_388_731_625_450_157, 0.000_024_433_157_075_492_7];
        const SIN: [f64; 3] = [-0.166_666_546_095_515_86, 0.008_332_160_760_445_833, -0.000_195_152_829_306_595_27];
        let w = tile(self.key, t);
        for r in [0, 2] {
            let (first, second) = out[r * LANES..(r + 2) * LANES].split_at_mut(LANES);
            for l in 0..LANES {
                let radius = minus_two_ln32(s, w[r][l]).sqrt() * self.sd;
                let v = w[r + 1][l];
                let x = (v << 2) as i32 as f32 * (FRAC_PI_2 / 4_294_967_296.0) as f32;
                let (c, d) = cos_sin(s, x, COS, SIN);
                let c = f32::from_bits(c.to_bits() ^ (v & 0x8000_0000));
                let swap = v & 0x4000_0000 != 0;
                first[l] = s.mul_add(if swap { d } else { c }, radius, self.mean);
                second[l] = s.mul_add(if swap { c } else { d }, radius, self.mean);
            }
        }
    }
}

impl Tiles<f64, { WORDS / 2 }> for Normal<f64> {
    #[inline(always)]
    fn at<S: Isa>(self, s: S, t: u64, out: &mut [f64; WORDS / 2]) {
        const COS: [f64; 6] = [
            0.041_666_666_666_666_59,
            -0.001_388_888_888_887_305_6,
            0.000_024_801_587_288_851_705,
            -2.755_731_417_929_694_6e-7,
            2.087_570_084_199_761_5e-9,
            -1.135_853_652_226_258_8e-11,
        ];
        const SIN: [f64; 6] = [
            -0.166_666_666_666_666_3,
            0.008_333_333_333_322_118,
            -0.000_198_412_698_295_893_47,
            2.755_731_362_134_423e-6,
            -2.505_074_775_915_473e-8,
            1.589_623_006_007_076_3e-10,
        ];
        let w = tile(self.key, t);
        let (first, second) = out.split_at_mut(LANES);
        for l in 0..LANES {
            let pair = |r: usize| u64::from(w[r][l]) << 32 | u64::from(w[r + 1][l]);
            let radius = minus_two_ln64(s, pair(0)).sqrt() * self.sd;
            let v = pair(2);
            let x = (unit64(v << 2 ^ 1 << 63) - 0.5) * FRAC_PI_2;
            let (c, d) = cos_sin(s, x, COS, SIN);
            let c = f64::from_bits(c.to_bits() ^ (v & 1 << 63));
            let swap = v & 1 << 62 != 0;
            first[l] = s.mul_add(if swap { d } else { c }, radius, self.mean);
            second[l] = s.mul_add(if swap { c } else { d }, radius, self.mean);
        }
    }
}

/// Standard normal numbers; out\[i\] is number `start + i` of `key`.
///
/// Tails: |z| ≤ 6.66 in `f32` (probability beyond: 3e-11), ≤ 8.57 in `f64` (1e-17).
pub fn fill_normal<T: Real>(key: Key, start: u64, out: &mut [T]) {
    fill_normal_with(key, start, T::ZERO, T::ONE, out);
}

/// Normal numbers of mean `mean` and standard deviation `sd`, in the same pass.
pub fn fill_normal_with<T: Real>(key: Key, start: u64, mean: T, sd: T, out: &mut [T]) {
    let (m, d) = (mean.to_f64(), sd.to_f64());
    match T::slice_mut(out) {
        SliceMut::F32(out) => cover(Normal { key, mean: m as f32, sd: d as f32 }, start, out),
        SliceMut::F64(out) => cover(Normal { key, mean: m, sd: d }, start, out),
    }
}

/// Draws again, tile by tile under the next child of the key, what exceeds the bound.
#[derive(Clone, Copy)]
struct Truncated<T> {
    normal: Normal<T>,
    bound: T,
}

impl<T: Real, const N: usize> Tiles<T, N> for Truncated<T>
where
    Normal<T>: Tiles<T, N>,
{
    #[inline(always)]
    fn at<S: Isa>(self, s: S, t: u64, out: &mut [T; N]) {
        self.normal.at(s, t, out);
        let mut again = [T::ZERO; N];
        for attempt in 0.. {
            let mut outside = 0;
            for &z in out.iter() {
                outside += u32::from(z.abs() > self.bound);
            }
            if outside == 0 {
                break;
            }
            self.normal.child(attempt).at(s, t, &mut again);
            for i in 0..N {
                out[i] = if out[i].abs() > self.bound { again[i] } else { out[i] };
            }
        }
    }
}

/// Standard normal numbers given |z| ≤ `bound`: the first of a sequence of draws at each position that lies inside.
///
/// # Panics
/// If `bound` is below 0.1 (nearly every draw would be refused) or NaN.
#[track_caller]
pub fn fill_truncated_normal<T: Real>(key: Key, start: u64, bound: T, out: &mut [T]) {
    assert!(bound >= T::from_f64(0.1), "fill_truncated_normal: the bound must be at least 0.1, got {bound}");
    let b = bound.to_f64();
    match T::slice_mut(out) {
        SliceMut::F32(out) => {
            cover(Truncated { normal: Normal { key, mean: 0.0, sd: 1.0 }, bound: b as f32 }, start, out);
        }
        SliceMut::F64(out) => cover(Truncated { normal: Normal { key, mean: 0.0, sd: 1.0 }, bound: b }, start, out),
    }
}
