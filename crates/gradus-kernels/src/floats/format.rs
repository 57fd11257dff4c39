//! Formats: how many bits the exponent and the stored significand have, and what stands above the largest number.

use crate::real::Real;

/// A binary floating-point format: 1 sign bit, then the exponent, then the fraction of the significand, with subnormal numbers.
///
/// With e bits of exponent and m of fraction: bias b = 2ᵉ⁻¹ − 1, smallest normal number 2¹⁻ᵇ, smallest number 2¹⁻ᵇ⁻ᵐ. With infinities
/// (IEEE 754) the largest number is (2 − 2⁻ᵐ)·2ᵇ. Finite-only formats (OCP 8-bit floating point, 2023) give the last exponent to
/// numbers too and keep one pattern for NaN: the largest is (2 − 2¹⁻ᵐ)·2ᵇ⁺¹.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Format {
    exponent_bits: u32,
    mantissa_bits: u32,
    finite_only: bool,
    saturating: bool,
}

impl Format {
    /// IEEE binary16: 5, 10.
    pub const FP16: Format = Format::new(5, 10);
    /// bfloat16: 8, 7.
    pub const BF16: Format = Format::new(8, 7);
    /// TensorFloat-32: 8, 10.
    pub const TF32: Format = Format::new(8, 10);
    /// OCP E4M3: no infinities, largest number 448.
    pub const FP8_E4M3: Format = Format::finite_only(4, 3);
    /// OCP E5M2: with infinities, largest number 57,344.
    pub const FP8_E5M2: Format = Format::new(5, 2);
    /// IEEE binary32: `f32`.
    pub const FP32: Format = Format::new(8, 23);
    /// IEEE binary64: `f64`.
    pub const FP64: Format = Format::new(11, 52);

    /// A format with infinities: what rounds beyond the largest number becomes ±∞.
    ///
    /// # Panics
    /// Unless the exponent has 2 to 11 bits and the mantissa (the stored fraction) 1 to 52.
    pub const fn new(exponent_bits: u32, mantissa_bits: u32) -> Self {
        assert!(
            exponent_bits >= 2 && exponent_bits <= 11 && mantissa_bits >= 1 && mantissa_bits <= 52,
            "Format: the exponent must have 2 to 11 bits, the mantissa 1 to 52 (f64 has 11 and 52)"
        );
        Format { exponent_bits, mantissa_bits, finite_only: false, saturating: false }
    }

    /// A format without infinities: what rounds beyond the largest number, ±∞ too, becomes ± the largest number.
    ///
    /// # Panics
    /// Unless the exponent has 2 to 10 bits and the mantissa 1 to 52.
    pub const fn finite_only(exponent_bits: u32, mantissa_bits: u32) -> Self {
        assert!(
            exponent_bits <= 10,
            "Format: finite-only formats have at most 10 bits of exponent, or f64 could not hold them"
        );
        Format { finite_only: true, saturating: true, ..Format::new(exponent_bits, mantissa_bits) }
    }

    /// The same format, but what rounds beyond the largest number, ±∞ too, becomes ± the largest number.
    #[must_use]
    pub const fn saturating(self) -> Self {
        Format { saturating: true, ..self }
    }

    /// The format of `T`.
    pub fn of<T: Real>() -> Self {
        if size_of::<T>() == 4 { Self::FP32 } else { Self::FP64 }
    }

    /// Bits of the exponent.
    pub const fn exponent_bits(self) -> u32 {
        self.exponent_bits
    }

    /// Bits of the stored fraction of the significand.
    pub const fn mantissa_bits(self) -> u32 {
        self.mantissa_bits
    }

    /// Whether overflow gives the largest number, not ∞.
    pub const fn is_saturating(self) -> bool {
        self.saturating
    }

    /// The exponent of the smallest normal number: 1 − b.
    pub const fn min_exponent(self) -> i32 {
        2 - (1 << (self.exponent_bits - 1))
    }

    /// The exponent of the largest number.
    pub const fn max_exponent(self) -> i32 {
        (1 << (self.exponent_bits - 1)) - 1 + self.finite_only as i32
    }

    /// The largest number.
    pub fn max(self) -> f64 {
        let fraction = self.mantissa_bits as i32 - i32::from(self.finite_only);
        (2.0 - super::power_of_two(-fraction)) * super::power_of_two(self.max_exponent())
    }

    /// The smallest positive normal number.
    pub fn min_positive(self) -> f64 {
        super::power_of_two(self.min_exponent())
    }

    /// The smallest positive number.
    pub fn min_subnormal(self) -> f64 {
        super::power_of_two(self.min_exponent() - self.mantissa_bits as i32)
    }

    /// The distance between neighbours at |x|, which is finite: a unit in the last place.
    pub fn ulp(self, x: f64) -> f64 {
        super::power_of_two(super::exponent_of(x.abs()).max(self.min_exponent()) - self.mantissa_bits as i32)
    }
}
