//! Rounding to a format, to nearest or at random.

use super::Format;
use crate::real::Real;
use crate::threads::for_each_chunk_with;

/// A piece of a long slice.
const PIECE: usize = 1 << 14;
/// Nanoseconds for one number, roughly.
const COST: usize = 3;

/// The number of `format` nearest to `x`, of two equally near ones that with an even last digit (roundTiesToEven).
///
/// Overflow: what would round to a number beyond the largest becomes ±∞, or ± the largest number where the format saturates. Signs of
/// zeros stay; NaN stays NaN. The error is at most half a unit in the last place, without overflow. Numbers wider than `T` itself
/// are not made: the result is rounded to `T`.
///
/// ```
/// use gradus_kernels::floats::{Format, round_nearest};
/// assert_eq!(round_nearest(1.0 + 1.0 / 256.0, Format::BF16), 1.0_f32);
/// assert_eq!(round_nearest(1e6_f32, Format::FP16), f32::INFINITY);
/// assert_eq!(round_nearest(1e6_f32, Format::FP8_E4M3), 448.0);
/// ```
#[inline]
pub fn round_nearest<T: Real>(x: T, format: Format) -> T {
    let size = x.to_f64().abs();
    if !size.is_finite() {
        return beyond(x, format);
    }
    let rounded = unbounded(size, format);
    if rounded > format.max() { beyond(x, format) } else { T::from_f64(rounded).copysign(x) }
}

/// One of the two numbers of `format` around `x`, the upper one with probability (x − lower)/(upper − lower): unbiased.
///
/// `random_bits` are 32 uniform random bits; the probability is right to 2⁻³². Numbers of the format stay; what is larger in size
/// than the largest number is treated as in [`round_nearest`], without chance.
#[inline]
pub fn round_stochastic<T: Real>(x: T, format: Format, random_bits: u32) -> T {
    let size = x.to_f64().abs();
    if !size.is_finite() || size > format.max() {
        return round_nearest(x, format);
    }
    let ulp = format.ulp(size);
    // The quotient by a power of two, its floor and the rest are exact.
    let digits = size / ulp;
    let lower = digits.floor();
    let up = f64::from(random_bits) < (digits - lower) * 4_294_967_296.0;
    T::from_f64((lower + f64::from(u8::from(up))) * ulp).copysign(x)
}

/// [`round_nearest`] of every number, into `out`.
///
/// # Panics
/// If the lengths differ.
pub fn round_nearest_slice<T: Real>(x: &[T], format: Format, out: &mut [T]) {
    assert_eq!(x.len(), out.len(), "round_nearest: x and out have different lengths");
    for_each_chunk_with(out, PIECE, x.len() * COST, |start, out| {
        out.iter_mut().zip(&x[start..]).for_each(|(y, &x)| *y = round_nearest(x, format));
    });
}

/// [`round_stochastic`] of every number, into `out`; number i with `bits(i)`, which may be a counter-based generator.
///
/// # Panics
/// If the lengths differ.
pub fn round_stochastic_slice<T: Real>(x: &[T], format: Format, bits: impl Fn(usize) -> u32 + Sync, out: &mut [T]) {
    assert_eq!(x.len(), out.len(), "round_stochastic: x and out have different lengths");
    for_each_chunk_with(out, PIECE, x.len() * COST, |start, out| {
        for (i, y) in out.iter_mut().enumerate() {
            *y = round_stochastic(x[start + i], format, bits(start + i));
        }
    });
}

/// A finite size to nearest, as if exponents had no upper end.
#[inline]
pub(super) fn unbounded(size: f64, format: Format) -> f64 {
    let ulp = format.ulp(size);
    // Both steps scale by a power of two: exact.
    (size / ulp).round_ties_even() * ulp
}

/// What becomes of NaN, ±∞ and of what overflows.
#[cold]
fn beyond<T: Real>(x: T, format: Format) -> T {
    if x.is_nan() {
        return x;
    }
    let most = if format.is_saturating() { format.max() } else { f64::INFINITY };
    T::from_f64(most).copysign(x)
}
