//! Lane functions of `f32`: branch-free polynomials, which the compiler vectorises under the shells.

mod erf;
mod exp;
mod log;
mod trig;

use crate::simd::Isa;

pub(crate) use erf::{erf, erfc, normal_cdf};
pub(crate) use exp::{exp, exp_m1, exp2, sigmoid, tanh};
pub(crate) use log::{ln, ln_1p, log_sigmoid, log2, softplus};
pub(crate) use trig::{cos, sin};

/// Σ c[k] xᵏ by Horner's rule.
#[inline(always)]
fn polynomial<S: Isa, const N: usize>(s: S, x: f32, c: [f32; N]) -> f32 {
    let mut y = c[N - 1];
    for k in (0..N - 1).rev() {
        y = s.mul_add(y, x, c[k]);
    }
    y
}
