//! The number trait: `f32` and `f64`, sealed, with the functions that kernels inline into their loops.

use crate::kind::Kind;
use crate::math::{double, single, special};
use crate::matmul::{Lanes, Products};
use crate::simd::Isa;
use std::fmt::{Debug, Display, LowerExp};
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// `f32` or `f64`.
///
/// Functions that take an [`Isa`] are *lane functions*: inlined bodies without branches, meant for loops under
/// [`map`](crate::map::map); elsewhere call them with [`Portable`](crate::simd::Portable).
pub trait Real:
    sealed::Sealed
    + Lanes
    + Products
    + Kind
    + Copy
    + Send
    + Sync
    + 'static
    + Default
    + PartialOrd
    + PartialEq
    + Debug
    + Display
    + LowerExp
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
    + Sum
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// The distance from 1 to the next larger number.
    const EPSILON: Self;
    /// The largest finite number.
    const MAX: Self;
    /// The smallest positive normal number.
    const MIN_POSITIVE: Self;
    /// +∞.
    const INFINITY: Self;
    /// Not a number.
    const NAN: Self;
    /// `"f32"` or `"f64"`.
    const NAME: &'static str;

    /// The nearest number to `x`.
    fn from_f64(x: f64) -> Self;
    /// Exact widening.
    fn to_f64(self) -> f64;
    /// The nearest number to `n`.
    fn from_usize(n: usize) -> Self {
        Self::from_f64(n as f64)
    }
    /// |x|.
    fn abs(self) -> Self;
    /// √x.
    fn sqrt(self) -> Self;
    /// Largest integer ≤ x.
    fn floor(self) -> Self;
    /// Smallest integer ≥ x.
    fn ceil(self) -> Self;
    /// Nearest integer, ties to even.
    fn round_ties_even(self) -> Self;
    /// |self| with the sign of `sign`.
    fn copysign(self, sign: Self) -> Self;
    /// Whether the number is NaN.
    fn is_nan(self) -> bool;
    /// Whether the number is neither infinite nor NaN.
    fn is_finite(self) -> bool;
    /// xⁿ.
    fn powi(self, n: i32) -> Self;
    /// self·a + b with one rounding (slow where the machine has no FMA: inside lanes use [`Isa::mul_add`]).
    fn fused_mul_add(self, a: Self, b: Self) -> Self;

    /// eˣ.
    fn exp<S: Isa>(self, s: S) -> Self;
    /// eˣ − 1, also near 0.
    fn exp_m1<S: Isa>(self, s: S) -> Self;
    /// 2ˣ.
    fn exp2<S: Isa>(self, s: S) -> Self;
    /// Natural logarithm.
    fn ln<S: Isa>(self, s: S) -> Self;
    /// ln(1 + x), also near 0.
    fn ln_1p<S: Isa>(self, s: S) -> Self;
    /// Logarithm to base 2.
    fn log2<S: Isa>(self, s: S) -> Self;
    /// Hyperbolic tangent.
    fn tanh<S: Isa>(self, s: S) -> Self;
    /// 1/(1 + e⁻ˣ).
    fn sigmoid<S: Isa>(self, s: S) -> Self;
    /// ln(1/(1 + e⁻ˣ)), without overflow.
    fn log_sigmoid<S: Isa>(self, s: S) -> Self;
    /// ln(1 + eˣ), without overflow.
    fn softplus<S: Isa>(self, s: S) -> Self;
    /// Sine (radians), any argument.
    fn sin<S: Isa>(self, s: S) -> Self;
    /// Cosine (radians), any argument.
    fn cos<S: Isa>(self, s: S) -> Self;
    /// Whether [`exp_near`](Real::exp_near) takes it.
    #[inline(always)]
    fn is_near_for_exp(self) -> bool {
        self.abs() < Self::EXP_NEAR
    }
    /// Numbers below it in size have an [`exp`](Real::exp) that is normal.
    const EXP_NEAR: Self;
    /// [`exp`](Real::exp) of a number that [`is_near_for_exp`](Real::is_near_for_exp): the same bits, sooner.
    fn exp_near<S: Isa>(self, s: S) -> Self;
    /// Whether [`ln_near`](Real::ln_near) takes it: a positive normal number.
    #[inline(always)]
    fn is_near_for_ln(self) -> bool {
        (self >= Self::MIN_POSITIVE) & (self <= Self::MAX)
    }
    /// [`ln`](Real::ln) of a number that [`is_near_for_ln`](Real::is_near_for_ln): the same bits, sooner.
    fn ln_near<S: Isa>(self, s: S) -> Self;
    /// Whether [`sin_near`](Real::sin_near) and [`cos_near`](Real::cos_near) take it.
    #[inline(always)]
    fn is_near_for_sin(self) -> bool {
        self.abs() < Self::SIN_NEAR
    }
    /// Numbers below it in size are near 0 for sine and cosine.
    const SIN_NEAR: Self;
    /// [`sin`](Real::sin) of a number that [`is_near_for_sin`](Real::is_near_for_sin): the same bits, sooner.
    fn sin_near<S: Isa>(self, s: S) -> Self;
    /// [`cos`](Real::cos) of a number that [`is_near_for_sin`](Real::is_near_for_sin): the same bits, sooner.
    fn cos_near<S: Isa>(self, s: S) -> Self;
    /// Error function 2/√π ∫₀ˣ e^(−t²) dt.
    fn erf<S: Isa>(self, s: S) -> Self;
    /// 1 − erf x, accurate in the tail.
    fn erfc<S: Isa>(self, s: S) -> Self;
    /// Gaussian distribution function Φ(x) = ½ erfc(−x/√2), accurate in the tail.
    fn normal_cdf<S: Isa>(self, s: S) -> Self;
    /// xʸ.
    fn pow<S: Isa>(self, y: Self, s: S) -> Self;

    /// Tangent.
    fn tan(self) -> Self;
    /// Arc sine.
    fn asin(self) -> Self;
    /// Arc cosine.
    fn acos(self) -> Self;
    /// Arc tangent.
    fn atan(self) -> Self;
    /// Hyperbolic sine.
    fn sinh(self) -> Self;
    /// Hyperbolic cosine.
    fn cosh(self) -> Self;
    /// Inverse hyperbolic sine.
    fn asinh(self) -> Self;
    /// Inverse hyperbolic cosine.
    fn acosh(self) -> Self;
    /// Inverse hyperbolic tangent.
    fn atanh(self) -> Self;
    /// The angle of the point (x, self) in (−π, π].
    fn atan2(self, x: Self) -> Self;
    /// The inverse of erf: ±∞ at ±1, NaN beyond.
    fn erfinv(self) -> Self;
    /// ln |Γ(x)|: +∞ at 0, −1, −2, …
    fn lgamma(self) -> Self;
    /// ψ(x) = d/dx ln Γ(x): ∓∞ at ±0, NaN at −1, −2, …
    fn digamma(self) -> Self;
    /// ψ⁽ⁿ⁾(x), the n-th derivative of [`digamma`](Real::digamma). At 0, −1, −2, …: +∞ for odd n; for even n NaN (∓∞ at ±0).
    fn polygamma(self, n: u32) -> Self;
}

macro_rules! real {
    ($T:ident, $lanes:ident) => {
        impl Real for $T {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const EPSILON: Self = $T::EPSILON;
            const MAX: Self = $T::MAX;
            const MIN_POSITIVE: Self = $T::MIN_POSITIVE;
            const INFINITY: Self = $T::INFINITY;
            const NAN: Self = $T::NAN;
            const NAME: &'static str = stringify!($T);
            #[inline(always)]
            fn from_f64(x: f64) -> Self {
                x as $T
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn abs(self) -> Self {
                self.abs()
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                self.sqrt()
            }
            #[inline(always)]
            fn floor(self) -> Self {
                self.floor()
            }
            #[inline(always)]
            fn ceil(self) -> Self {
                self.ceil()
            }
            #[inline(always)]
            fn round_ties_even(self) -> Self {
                self.round_ties_even()
            }
            #[inline(always)]
            fn copysign(self, sign: Self) -> Self {
                self.copysign(sign)
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                self.is_nan()
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                self.is_finite()
            }
            #[inline(always)]
            fn powi(self, n: i32) -> Self {
                self.powi(n)
            }
            #[inline(always)]
            fn fused_mul_add(self, a: Self, b: Self) -> Self {
                self.mul_add(a, b)
            }
            #[inline(always)]
            fn exp<S: Isa>(self, s: S) -> Self {
                $lanes::exp(s, self)
            }
            #[inline(always)]
            fn exp_m1<S: Isa>(self, s: S) -> Self {
                $lanes::exp_m1(s, self)
            }
            #[inline(always)]
            fn exp2<S: Isa>(self, s: S) -> Self {
                $lanes::exp2(s, self)
            }
            #[inline(always)]
            fn ln<S: Isa>(self, s: S) -> Self {
                $lanes::ln(s, self)
            }
            #[inline(always)]
            fn ln_1p<S: Isa>(self, s: S) -> Self {
                $lanes::ln_1p(s, self)
            }
            #[inline(always)]
            fn log2<S: Isa>(self, s: S) -> Self {
                $lanes::log2(s, self)
            }
            #[inline(always)]
            fn tanh<S: Isa>(self, s: S) -> Self {
                $lanes::tanh(s, self)
            }
            #[inline(always)]
            fn sigmoid<S: Isa>(self, s: S) -> Self {
                $lanes::sigmoid(s, self)
            }
            #[inline(always)]
            fn log_sigmoid<S: Isa>(self, s: S) -> Self {
                $lanes::log_sigmoid(s, self)
            }
            #[inline(always)]
            fn softplus<S: Isa>(self, s: S) -> Self {
                $lanes::softplus(s, self)
            }
            #[inline(always)]
            fn sin<S: Isa>(self, s: S) -> Self {
                $lanes::sin(s, self)
            }
            #[inline(always)]
            fn cos<S: Isa>(self, s: S) -> Self {
                $lanes::cos(s, self)
            }
            const EXP_NEAR: Self = $lanes::EXP_NEAR;
            #[inline(always)]
            fn exp_near<S: Isa>(self, s: S) -> Self {
                $lanes::exp_near(s, self)
            }
            #[inline(always)]
            fn ln_near<S: Isa>(self, s: S) -> Self {
                $lanes::ln_near(s, self)
            }
            const SIN_NEAR: Self = $lanes::SIN_NEAR;
            #[inline(always)]
            fn sin_near<S: Isa>(self, s: S) -> Self {
                $lanes::sin_near(s, self)
            }
            #[inline(always)]
            fn cos_near<S: Isa>(self, s: S) -> Self {
                $lanes::cos_near(s, self)
            }
            #[inline(always)]
            fn erf<S: Isa>(self, s: S) -> Self {
                $lanes::erf(s, self)
            }
            #[inline(always)]
            fn erfc<S: Isa>(self, s: S) -> Self {
                $lanes::erfc(s, self)
            }
            #[inline(always)]
            fn normal_cdf<S: Isa>(self, s: S) -> Self {
                $lanes::normal_cdf(s, self)
            }
            #[inline(always)]
            fn pow<S: Isa>(self, y: Self, _: S) -> Self {
                self.powf(y)
            }
            #[inline]
            fn tan(self) -> Self {
                self.tan()
            }
            #[inline]
            fn asin(self) -> Self {
                self.asin()
            }
            #[inline]
            fn acos(self) -> Self {
                self.acos()
            }
            #[inline]
            fn atan(self) -> Self {
                self.atan()
            }
            #[inline]
            fn sinh(self) -> Self {
                self.sinh()
            }
            #[inline]
            fn cosh(self) -> Self {
                self.cosh()
            }
            #[inline]
            fn asinh(self) -> Self {
                self.asinh()
            }
            #[inline]
            fn acosh(self) -> Self {
                self.acosh()
            }
            #[inline]
            fn atanh(self) -> Self {
                self.atanh()
            }
            #[inline]
            fn atan2(self, x: Self) -> Self {
                self.atan2(x)
            }
            fn erfinv(self) -> Self {
                special::erfinv(f64::from(self)) as $T
            }
            fn lgamma(self) -> Self {
                special::lgamma(f64::from(self)) as $T
            }
            fn digamma(self) -> Self {
                special::digamma(f64::from(self)) as $T
            }
            fn polygamma(self, n: u32) -> Self {
                special::polygamma(n, f64::from(self)) as $T
            }
        }
    };
}

real!(f32, single);
real!(f64, double);
