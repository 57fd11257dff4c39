//! Lane functions of `f32`: branch-free polynomials, which the compiler vectorises under the shells.

mod erf;
mod exp;
mod log;
mod trig;

pub(crate) use erf::{erf, erfc, normal_cdf};
pub(crate) use exp::{EXP_NEAR, exp, exp_m1, exp_near, exp2, sigmoid, tanh};
pub(crate) use log::{ln, ln_1p, ln_near, log_sigmoid, log2, softplus};
pub(crate) use trig::{SIN_NEAR, cos, cos_near, sin, sin_near};
