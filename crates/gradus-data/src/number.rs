//! The two element types in which statistics are kept: `f32` and `f64`.

use std::fmt::{Debug, Display};
use std::str::FromStr;

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// `f32` or `f64`; sealed. Statistics are accumulated in `f64` whichever is stored.
pub trait Number:
    sealed::Sealed + Copy + PartialOrd + Debug + Display + Default + FromStr + Send + Sync + 'static
{
    /// Not a number: stands for a missing value.
    const NAN: Self;
    /// The nearest value of this type.
    fn from_f64(x: f64) -> Self;
    /// The same value as `f64`, exact.
    fn to_f64(self) -> f64;
}

impl Number for f32 {
    const NAN: Self = f32::NAN;
    fn from_f64(x: f64) -> Self {
        x as f32
    }
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Number for f64 {
    const NAN: Self = f64::NAN;
    fn from_f64(x: f64) -> Self {
        x
    }
    fn to_f64(self) -> f64 {
        self
    }
}
