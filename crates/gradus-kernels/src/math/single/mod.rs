//! Lane functions of `f32`: branch-free polynomials, which the compiler vectorises under the shells.

mod erf;
mod exp;
mod log;
mod trig;

pub(crate) use erf::{erf, erfc, normal_cdf};
pub(crate) use exp::{exp, exp_m1, exp2, sigmoid, tanh};
pub(crate) use log::{ln, ln_1p, log_sigmoid, log2, softplus};
pub(crate) use trig::{NEAR, cos, cos_near, sin, sin_near};
