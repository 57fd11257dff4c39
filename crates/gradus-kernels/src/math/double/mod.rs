//! Lane functions of `f64`: branch-free polynomials; 2ˣ, log₂, sine and cosine are the platform's.

mod erf;
mod exp;
mod log;

use crate::simd::Isa;

pub(crate) use erf::{erf, erfc, normal_cdf};
pub(crate) use exp::{EXP_NEAR, exp, exp_m1, exp_near, sigmoid, tanh};
pub(crate) use log::{ln, ln_1p, ln_near, log_sigmoid, softplus};

macro_rules! from_std {
    ($($name:ident)*) => {$(
        #[inline(always)]
        pub(crate) fn $name<S: Isa>(_: S, x: f64) -> f64 {
            x.$name()
        }
    )*};
}
from_std!(exp2 log2 sin cos);

pub(crate) use {cos as cos_near, sin as sin_near};

/// The platform's sine and cosine have one way for all arguments.
pub(crate) const SIN_NEAR: f64 = f64::INFINITY;
