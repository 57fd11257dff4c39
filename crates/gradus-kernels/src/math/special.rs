//! Scalar special functions in `f64`: inverse error function, log-gamma, digamma, polygamma.

use crate::math::{double, polynomial};
use crate::simd::Portable;
use std::f64::consts::{FRAC_2_SQRT_PI, LN_2, PI};

/// The inverse error function: a closed first guess (Winitzki 2008), then Halley steps on erf or, near ±1, on erfc.
pub(crate) fn erfinv(y: f64) -> f64 {
    let a = y.abs();
    if y == 0.0 || a.is_nan() || a >= 1.0 {
        return if y == 0.0 {
            y
        } else if a == 1.0 {
            f64::INFINITY.copysign(y)
        } else {
            f64::NAN
        };
    }
    let q = 1.0 - a;
    let mut x = if a < 0.5 {
        let s = PI / 12.0 * a * a;
        a / FRAC_2_SQRT_PI * (1.0 + s * (1.0 + 2.1 * s))
    } else {
        let l = (q * (1.0 + a)).ln();
        let c = 2.0 / (PI * 0.147) + 0.5 * l;
        ((c * c - l / 0.147).sqrt() - c).sqrt()
    };
    for _ in 0..3 {
        let f = if a < 0.5 { double::erf(Portable, x) - a } else { q - double::erfc(Portable, x) };
        let u = f / (FRAC_2_SQRT_PI * (-x * x).exp());
        x -= u / (1.0 + x * u);
    }
    x.copysign(y)
}

/// Bernoulli numbers B₂, B₄, … B₂₄.
const BERNOULLI: [f64; 12] = [
    1.0 / 6.0,
    -1.0 / 30.0,
    1.0 / 42.0,
    -1.0 / 30.0,
    5.0 / 66.0,
    -691.0 / 2730.0,
    7.0 / 6.0,
    -3617.0 / 510.0,
    43867.0 / 798.0,
    -174_611.0 / 330.0,
    854_513.0 / 138.0,
    -236_364_091.0 / 2730.0,
];

/// ln Γ(x) = (x − 1)·q(x − 1.1) on [0.7, 1.5] and (x − 2)·q(x − 2.25) on [1.5, 3] (`xtask/fixtures/polynomials.py`).
const LGAMMA_1: [f64; 23] = [
    -0.49872441259839724,
    0.74969472187320456,
    -0.33045146476825159,
    0.2020856837757754,
    -0.14049150848020182,
    0.1043148184913281,
    -0.080543865845400439,
    0.063808090768983737,
    -0.051475898506445316,
    0.042094536018072004,
    -0.034789294203588782,
    0.028997605033082241,
    -0.024341332521120946,
    0.020566879564245426,
    -0.017464426029071036,
    0.014765927264583665,
    -0.012581347139827651,
    0.011669508503611603,
    -0.010316044108052699,
    0.0051140311384169796,
    -0.003735726836008959,
    0.012750420167064898,
    -0.011877140669624634,
];
const LGAMMA_2: [f64; 22] = [
    0.49948685956958638,
    0.29223842821659286,
    -0.054295403852149696,
    0.014688323717318751,
    -0.0046626266712308048,
    0.0016148854204282204,
    -5.9016567388316306e-4,
    2.2352008445448776e-4,
    -8.6805839114934807e-5,
    3.4336188003406448e-5,
    -1.3771720355628229e-5,
    5.5837447072068032e-6,
    -2.2839151436714345e-6,
    9.4077410393980203e-7,
    -3.8868661473271382e-7,
    1.6158092335923323e-7,
    -6.9833195154028434e-8,
    2.9653745223773217e-8,
    -9.468460157172277e-9,
    3.7234857386111208e-9,
    -3.8371110060860357e-9,
    1.7208852277377737e-9,
];
/// ψ(x) = (x − x₀)·q(x − 1.5) on [1, 2], where x₀ is its zero, in two parts.
const DIGAMMA: [f64; 22] = [
    0.95105587603183289,
    -0.42362742128146071,
    0.2405424842407739,
    -0.14840492305385,
    0.094988724454982652,
    -0.061922133278157754,
    0.040760833810299772,
    -0.026975796554079867,
    0.017907252494568886,
    -0.011908222406897222,
    0.0079269438237976837,
    -0.0052799071483415784,
    0.0035190138749753952,
    -0.002345741662514494,
    0.0015565897265287986,
    -0.0010351797289731763,
    7.2346940487145191e-4,
    -4.9001068616053637e-4,
    2.2696458417195866e-4,
    -1.3759085922833256e-4,
    2.5989955067840186e-4,
    -1.8371447889057453e-4,
];
const DIGAMMA_ZERO: (f64, f64) = (1.4616321449683622, 9.549995429965697e-17);

/// ln |Γ(x)|.
pub(crate) fn lgamma(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x.is_infinite() || (x <= 0.0 && x.floor() == x) {
        return f64::INFINITY;
    }
    if x < 0.0 {
        // Γ(x)·Γ(−x) = −π / (x sin πx)
        let r = x - x.round_ties_even();
        // Two logarithms, because near 0 the product underflows.
        return -(((PI * r).sin().abs() / PI).ln() + (-x).ln()) - lgamma(-x);
    }
    if x >= 10.0 {
        return stirling(x);
    }
    // The zeros at 1 and 2 are factors, so that ln Γ is accurate beside them.
    if x < 0.7 {
        return lgamma(x + 1.0) - x.ln();
    }
    if x < 1.5 {
        return (x - 1.0) * polynomial(Portable, x - 1.1, LGAMMA_1);
    }
    let (mut y, mut product) = (x, 1.0);
    while y > 3.0 {
        y -= 1.0;
        product *= y;
    }
    (y - 2.0) * polynomial(Portable, y - 2.25, LGAMMA_2) + product.ln()
}

/// ln Γ(x) for x ≥ 10: (x − ½) ln x − x + ½ ln 2π + Σ B₂ₖ / (2k(2k−1) x²ᵏ⁻¹).
fn stirling(x: f64) -> f64 {
    let w = 1.0 / (x * x);
    let series = (0..9).rev().fold(0.0, |sum, k| {
        let m = 2.0 * (k as f64 + 1.0);
        sum * w + BERNOULLI[k] / (m * (m - 1.0))
    });
    (x - 0.5) * x.ln() - x + 0.5 * (LN_2 + PI.ln()) + series / x
}

/// ψ(x) = d/dx ln Γ(x); ∓∞ at ±0, NaN at negative integers.
pub(crate) fn digamma(x: f64) -> f64 {
    if x == 0.0 {
        return f64::NEG_INFINITY.copysign(-x);
    }
    if x < 0.0 {
        let r = x - x.round_ties_even();
        return if r == 0.0 || x.is_infinite() { f64::NAN } else { digamma(1.0 - x) - PI / (PI * r).tan() };
    }
    if x < 1.0 {
        return digamma(x + 1.0) - 1.0 / x;
    }
    if x < 10.0 {
        let (mut y, mut shift) = (x, 0.0);
        while y > 2.0 {
            y -= 1.0;
            shift += 1.0 / y;
        }
        return ((y - DIGAMMA_ZERO.0) - DIGAMMA_ZERO.1) * polynomial(Portable, y - 1.5, DIGAMMA) + shift;
    }
    let (y, w) = (x, 1.0 / (x * x));
    let series = (0..9).rev().fold(0.0, |sum, k| sum * w + BERNOULLI[k] / (2.0 * (k as f64 + 1.0)));
    y.ln() - 0.5 / y - series * w
}

/// ψ⁽ⁿ⁾(x) = (−1)ⁿ⁺¹ n! ζ(n+1, x), the n-th derivative of [`digamma`]; negative x by reflection.
///
/// At 0, −1, −2, …: +∞ for odd n; for even n, whose sides differ, NaN (at ±0: ∓∞).
pub(crate) fn polygamma(n: u32, x: f64) -> f64 {
    if n == 0 {
        return digamma(x);
    }
    let odd = n % 2 == 1;
    if x.is_nan() {
        return x;
    }
    if x <= 0.0 {
        let r = x - x.round_ties_even();
        if x.is_infinite() || r == 0.0 {
            return if odd && x.is_finite() {
                f64::INFINITY
            } else if x == 0.0 {
                f64::NEG_INFINITY.copysign(-x)
            } else {
                f64::NAN
            };
        }
        let reflected = polygamma(n, 1.0 - x) - cotangent_derivative(n, r);
        return if odd { -reflected } else { reflected };
    }
    let value = scaled_zeta(n, x);
    if odd { value } else { -value }
}

/// (−1)ⁿ π dⁿ/drⁿ cot πr = πⁿ⁺¹ Pₙ(cot πr), with P₀ = c and Pₙ₊₁ = (1 + c²) Pₙ′ (all coefficients are ≥ 0).
fn cotangent_derivative(n: u32, r: f64) -> f64 {
    let mut p = vec![0.0, PI];
    for _ in 0..n {
        let slope: Vec<f64> = p.iter().enumerate().skip(1).map(|(k, a)| k as f64 * a * PI).collect();
        p = vec![0.0; slope.len() + 2];
        for (k, a) in slope.into_iter().enumerate() {
            p[k] += a;
            p[k + 2] += a;
        }
    }
    let c = 1.0 / (PI * r).tan();
    p.into_iter().rev().fold(0.0, |sum, a| sum * c + a)
}

/// n! ζ(n+1, x) for x > 0 and n ≥ 1 by Euler and Maclaurin's formula, started where its terms fall.
fn scaled_zeta(n: u32, x: f64) -> f64 {
    if x.is_infinite() {
        return 0.0;
    }
    let from = 10.0 + 0.5 * f64::from(n);
    let (mut y, mut sum) = (x, 0.0);
    while y < from {
        let term = factorial_over_power(n, y);
        sum += term;
        if term <= sum * 1e-18 {
            return sum;
        }
        y += 1.0;
    }
    let first = factorial_over_power(n, y);
    let mut tail = first * y / f64::from(n) + 0.5 * first;
    // Terms B₂ⱼ/(2j)! · (n+2j−1)!/yⁿ⁺²ʲ, each from the one before.
    let mut factor = first / y * (f64::from(n) + 1.0) / 2.0;
    for (j, b) in BERNOULLI.iter().enumerate() {
        tail += b * factor;
        let m = 2.0 * (j as f64 + 1.0);
        factor *= (f64::from(n) + m) * (f64::from(n) + m + 1.0) / ((m + 1.0) * (m + 2.0) * y * y);
    }
    sum + tail
}

/// n! / yⁿ⁺¹, without overflow on the way.
fn factorial_over_power(n: u32, y: f64) -> f64 {
    let factorial = (1..=n.min(171)).fold(1.0, |f, k| f * f64::from(k));
    let power = y.powi(n as i32 + 1);
    if factorial.is_finite() && power.is_finite() && power > 1e-290 {
        return factorial / power;
    }
    (1..=n).fold(1.0 / y, |t, k| t * (f64::from(k) / y))
}
