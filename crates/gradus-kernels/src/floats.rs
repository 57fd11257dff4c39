//! Bit work on floating-point numbers: what they are made of, and what is left of them in a narrower format.
//!
//! A number is fl(x) = S·M·2ᴱ with sign S = ±1, significand M and exponent E (IEEE 754-2019, §3.3). [`decompose`] takes it apart,
//! [`Exponents`] and [`Census`] say which exponents and which kinds of number an array holds, [`Format`] rounds to any width of
//! exponent and significand, to nearest or at random.

mod format;
mod round;

pub use format::Format;
pub use round::{round_nearest, round_nearest_slice, round_stochastic, round_stochastic_slice};

use crate::real::Real;

/// A number taken apart: x = S·M·2ᴱ exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parts<T> {
    /// S: 1 or −1 (also of zeros, infinities and NaN).
    pub sign: T,
    /// M: in [1, 2) for normal numbers, in [0, 1) for subnormal ones and zero; infinite or NaN where x is.
    pub significand: T,
    /// E: for subnormal numbers and zero the smallest exponent of the format; 0 for infinities and NaN.
    pub exponent: i32,
}

impl<T: Real> Parts<T> {
    /// S·M·2ᴱ.
    pub fn compose(self) -> T {
        // Both are exact: a power of two, and the number itself.
        T::from_f64(self.significand.to_f64() * power_of_two(self.exponent)) * self.sign
    }
}

/// Sign, significand and exponent of `x`, as its own format stores them.
///
/// ```
/// use gradus_kernels::floats::decompose;
/// let parts = decompose(-6.5_f32);
/// assert_eq!((parts.sign, parts.significand, parts.exponent), (-1.0, 1.625, 2));
/// ```
pub fn decompose<T: Real>(x: T) -> Parts<T> {
    let sign = T::ONE.copysign(x);
    let size = x.to_f64().abs();
    if !size.is_finite() {
        return Parts { sign, significand: T::from_f64(size), exponent: 0 };
    }
    let exponent = exponent_of(size).max(Format::of::<T>().min_exponent());
    // Exact: 2⁻¹⁰²³, the smallest reciprocal, is a (subnormal) number of f64.
    Parts { sign, significand: T::from_f64(size * power_of_two(-exponent)), exponent }
}

/// ⌊log₂ x⌋ of a finite x ≥ 0; −1075 (less than any) for 0.
pub(crate) fn exponent_of(x: f64) -> i32 {
    let bits = x.to_bits();
    match (bits >> 52) as i32 {
        0 => -1011 - bits.leading_zeros() as i32,
        e => e - 1023,
    }
}

/// 2ᵏ for k from −1074 to 1023.
pub(crate) fn power_of_two(k: i32) -> f64 {
    debug_assert!((-1074..=1023).contains(&k), "2^{k} is not a number of f64");
    if k < -1022 { f64::from_bits(1 << (k + 1074)) } else { f64::from_bits(((k + 1023) as u64) << 52) }
}

/// How many numbers of an array have each exponent ⌊log₂|x|⌋: zeros, infinities and NaN have none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exponents {
    /// The smallest exponent that occurs.
    pub lowest: i32,
    /// The counts from `lowest` up to the largest exponent that occurs; empty if none does.
    pub counts: Vec<u64>,
}

impl Exponents {
    /// Counts the exponents in `x`.
    pub fn of<T: Real>(x: &[T]) -> Self {
        const LOWEST: i32 = -1074;
        let mut all = vec![0_u64; (1023 - LOWEST + 1) as usize];
        for &x in x {
            let size = x.to_f64().abs();
            if size > 0.0 && size.is_finite() {
                all[(exponent_of(size) - LOWEST) as usize] += 1;
            }
        }
        let Some(first) = all.iter().position(|&n| n > 0) else { return Self::default() };
        let last = all.iter().rposition(|&n| n > 0).unwrap_or(first);
        Exponents { lowest: LOWEST + first as i32, counts: all[first..=last].to_vec() }
    }

    /// How many numbers have exponent `e`.
    pub fn at(&self, e: i32) -> u64 {
        usize::try_from(e - self.lowest).ok().and_then(|i| self.counts.get(i)).copied().unwrap_or(0)
    }

    /// How many numbers have any exponent.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// What becomes of the numbers of an array in a [`Format`], to nearest: every number is counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// ±0 already.
    pub zero: u64,
    /// Not 0, but 0 in the format.
    pub underflow: u64,
    /// Subnormal in the format: fewer digits than a normal number.
    pub subnormal: u64,
    /// Normal numbers of the format.
    pub normal: u64,
    /// Finite, but beyond the largest number of the format.
    pub overflow: u64,
    /// ±∞ already.
    pub infinite: u64,
    /// NaN.
    pub nan: u64,
}

impl Census {
    /// Counts what the numbers of `x` become in `format`.
    pub fn of<T: Real>(x: &[T], format: Format) -> Self {
        let mut census = Census::default();
        let normal = format.min_positive();
        for &x in x {
            let x = x.to_f64().abs();
            let place = if x.is_nan() {
                &mut census.nan
            } else if x == f64::INFINITY {
                &mut census.infinite
            } else if x == 0.0 {
                &mut census.zero
            } else {
                match round::unbounded(x, format) {
                    0.0 => &mut census.underflow,
                    r if r > format.max() => &mut census.overflow,
                    r if r < normal => &mut census.subnormal,
                    _ => &mut census.normal,
                }
            };
            *place += 1;
        }
        census
    }
}
