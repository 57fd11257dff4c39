//! Schemes that fill with one constant.

use crate::scheme::{Scheme, Target, on_numbers};
use gradus_kernels::random::Key;
use gradus_kernels::{Real, SliceMut};

/// Every number is the same: see [`constant`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constant(f64);

/// W = c.
#[doc(alias = "constant_")]
pub fn constant(c: f64) -> Constant {
    Constant(c)
}

/// W = 0: for biases, and for the last layer of a residual branch.
#[doc(alias = "zeros_")]
pub fn zeros() -> Constant {
    Constant(0.0)
}

/// W = 1: for scales.
#[doc(alias = "ones_")]
pub fn ones() -> Constant {
    Constant(1.0)
}

impl Scheme for Constant {
    fn write(&self, _: &Target<'_>, _: Key, out: SliceMut<'_>) {
        on_numbers!(out, out => out.fill(Real::from_f64(self.0)));
    }
}
