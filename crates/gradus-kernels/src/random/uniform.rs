//! Uniform numbers by counter.

use super::philox::{Key, LANES, WORDS, tile};
use super::{Tiles, cover};
use crate::kind::SliceMut;
use crate::real::Real;
use crate::simd::Isa;

/// From the words of a tile to numbers: one word makes an `f32`, words 0 and 1, and 2 and 3, of a block make an `f64`.
#[derive(Clone, Copy)]
struct Words<F>(Key, F);

impl<F: Fn(u32) -> f32 + Copy + Sync> Tiles<f32, WORDS> for Words<F> {
    #[inline(always)]
    fn at<S: Isa>(self, _: S, t: u64, out: &mut [f32; WORDS]) {
        let w = tile(self.0, t);
        for r in 0..4 {
            let row = &mut out[r * LANES..(r + 1) * LANES];
            for l in 0..LANES {
                row[l] = (self.1)(w[r][l]);
            }
        }
    }
}

impl<F: Fn(u64) -> f64 + Copy + Sync> Tiles<f64, { WORDS / 2 }> for Words<F> {
    #[inline(always)]
    fn at<S: Isa>(self, _: S, t: u64, out: &mut [f64; WORDS / 2]) {
        let w = tile(self.0, t);
        for r in 0..2 {
            let row = &mut out[r * LANES..(r + 1) * LANES];
            for l in 0..LANES {
                row[l] = (self.1)(u64::from(w[2 * r][l]) << 32 | u64::from(w[2 * r + 1][l]));
            }
        }
    }
}

/// k/2²⁴ for k = 0 … 2²⁴ − 1.
#[inline(always)]
fn unit32(w: u32) -> f32 {
    (w >> 8) as i32 as f32 * (1.0 / 16_777_216.0)
}

/// k/2⁵² for k = 0 … 2⁵² − 1: the bits become the fraction of a number in [1, 2), which every machine can do in vectors.
#[inline(always)]
pub(super) fn unit64(w: u64) -> f64 {
    f64::from_bits(w >> 12 | 0x3FF0_0000_0000_0000) - 1.0
}

/// Uniform on [0, 1): multiples of 2⁻²⁴ (`f32`) or 2⁻⁵² (`f64`); out\[i\] is number `start + i` of `key`.
pub fn fill_uniform<T: Real>(key: Key, start: u64, out: &mut [T]) {
    match T::slice_mut(out) {
        SliceMut::F32(out) => cover(Words(key, unit32), start, out),
        SliceMut::F64(out) => cover(Words(key, unit64), start, out),
    }
}

/// Uniform on (0, 1): odd multiples of 2⁻²⁴ (`f32`) or 2⁻⁵³ (`f64`), symmetric about ½.
pub fn fill_uniform_open<T: Real>(key: Key, start: u64, out: &mut [T]) {
    let open32 = |w: u32| ((w >> 8) | 1) as i32 as f32 * (1.0 / 16_777_216.0);
    let open64 = |w: u64| unit64(w) + f64::EPSILON / 2.0;
    match T::slice_mut(out) {
        SliceMut::F32(out) => cover(Words(key, open32), start, out),
        SliceMut::F64(out) => cover(Words(key, open64), start, out),
    }
}

/// Uniform between `lo` and `hi`: (lo + hi)/2 + (2u − 1)·(hi − lo)/2 with u from [`fill_uniform`].
///
/// `hi` itself can only come by rounding; for lo = −hi the value is one exactly rounded product, the same on every machine.
///
/// # Panics
/// If `lo` > `hi`, or one of them is not finite.
#[track_caller]
pub fn fill_uniform_between<T: Real>(key: Key, start: u64, lo: T, hi: T, out: &mut [T]) {
    assert!(
        lo.is_finite() && hi.is_finite() && lo <= hi,
        "fill_uniform_between: needs finite lo ≤ hi, got lo = {lo} and hi = {hi}"
    );
    let (lo, hi) = (lo.to_f64(), hi.to_f64());
    // Halves before the sum: the width of (−MAX, MAX) would overflow.
    let (middle, half) = (lo / 2.0 + hi / 2.0, hi / 2.0 - lo / 2.0);
    match T::slice_mut(out) {
        SliceMut::F32(out) => {
            let (middle, half) = (middle as f32, half as f32);
            cover(Words(key, move |w: u32| middle + half * (2.0 * unit32(w) - 1.0)), start, out);
        }
        SliceMut::F64(out) => {
            cover(Words(key, move |w: u64| middle + half * (2.0 * unit64(w) - 1.0)), start, out);
        }
    }
}
