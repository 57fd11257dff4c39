//! Lane functions of `f32`.

use crate::math::double;
use crate::simd::Isa;

macro_rules! from_double {
    ($($name:ident)*) => {$(
        #[inline(always)]
        pub(crate) fn $name<S: Isa>(s: S, x: f32) -> f32 {
            double::$name(s, f64::from(x)) as f32
        }
    )*};
}
from_double!(exp exp_m1 exp2 ln ln_1p log2 tanh sin cos sigmoid softplus log_sigmoid erf erfc normal_cdf);
