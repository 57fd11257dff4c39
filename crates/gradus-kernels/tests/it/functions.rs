//! The lane functions that both numbers have.

use gradus_kernels::lanes;

lanes!(pub Exp, |s, [x]| x.exp(s));
lanes!(pub ExpM1, |s, [x]| x.exp_m1(s));
lanes!(pub Exp2, |s, [x]| x.exp2(s));
lanes!(pub Ln, |s, [x]| x.ln(s));
lanes!(pub Ln1p, |s, [x]| x.ln_1p(s));
lanes!(pub Log2, |s, [x]| x.log2(s));
lanes!(pub Tanh, |s, [x]| x.tanh(s));
lanes!(pub Sigmoid, |s, [x]| x.sigmoid(s));
lanes!(pub LogSigmoid, |s, [x]| x.log_sigmoid(s));
lanes!(pub Softplus, |s, [x]| x.softplus(s));
lanes!(pub Sin, |s, [x]| x.sin(s));
lanes!(pub Cos, |s, [x]| x.cos(s));
lanes!(pub Erf, |s, [x]| x.erf(s));
lanes!(pub Erfc, |s, [x]| x.erfc(s));
lanes!(pub NormalCdf, |s, [x]| x.normal_cdf(s));
