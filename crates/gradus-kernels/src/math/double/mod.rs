//! Lane functions of `f64`.

mod erf;

use crate::simd::Isa;

pub(crate) use erf::{erf, erfc, normal_cdf};

macro_rules! from_std {
    ($($name:ident)*) => {$(
        #[inline(always)]
        pub(crate) fn $name<S: Isa>(_: S, x: f64) -> f64 {
            x.$name()
        }
    )*};
}
from_std!(exp exp_m1 exp2 ln ln_1p log2 tanh sin cos);

#[inline(always)]
pub(crate) fn sigmoid<S: Isa>(_: S, x: f64) -> f64 {
    let z = (-x.abs()).exp();
    (if x >= 0.0 { 1.0 } else { z }) / (1.0 + z)
}

#[inline(always)]
pub(crate) fn softplus<S: Isa>(_: S, x: f64) -> f64 {
    (if x < 0.0 { 0.0 } else { x }) + (-x.abs()).exp().ln_1p()
}

#[inline(always)]
pub(crate) fn log_sigmoid<S: Isa>(s: S, x: f64) -> f64 {
    -softplus(s, -x)
}
