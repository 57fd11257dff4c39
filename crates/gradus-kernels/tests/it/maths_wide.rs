//! Lane functions of `f64` and the special functions, against core-math and values of mpmath.

#![allow(clippy::excessive_precision, reason = "values as mpmath prints them")]

use super::functions::{Cos, Erf, Erfc, Exp, Exp2, ExpM1, Ln, Ln1p, Log2, LogSigmoid, Sigmoid, Sin, Softplus, Tanh};
use gradus_kernels::{Map, Portable, Real, map};

/// How many numbers lie between a and b; a zero has a sign.
fn distance(a: f64, b: f64) -> u64 {
    if a.is_nan() || b.is_nan() {
        return if a.is_nan() && b.is_nan() { 0 } else { u64::MAX };
    }
    if b == 0.0 && a == 0.0 && a.is_sign_negative() != b.is_sign_negative() {
        return u64::MAX;
    }
    let place = |x: f64| if x.is_sign_negative() { -((x.to_bits() << 1 >> 1) as i64) } else { x.to_bits() as i64 };
    place(a).abs_diff(place(b))
}

/// Arguments of every magnitude, more of them between 1e−3 and 1e3, and the awkward ones.
fn sample() -> Vec<f64> {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state
    };
    let mut x: Vec<f64> = (0..20_000).map(|_| f64::from_bits(next())).collect();
    x.extend((0..100_000).map(|_| {
        let magnitude = (next() >> 11) as f64 / (1_u64 << 53) as f64 * 6.0 - 3.0;
        10_f64.powf(magnitude) * if next() >> 63 == 1 { -1.0 } else { 1.0 }
    }));
    for a in [
        0.0,
        5e-324,
        f64::MIN_POSITIVE,
        1.0,
        0.5,
        0.95,
        0.707,
        0.414_213_562_373_095,
        5e-17,
        6.0,
        27.3,
        38.6,
        40.0,
        709.78,
        745.1,
        f64::MAX,
        f64::INFINITY,
        f64::NAN,
    ] {
        for k in -20_i64..=20 {
            let b = f64::from_bits(a.to_bits().wrapping_add(k as u64));
            x.extend([b, -b]);
        }
    }
    x
}

fn check<M: Map<f64, 1> + Default>(name: &str, truth: fn(f64) -> f64, limit: u64) {
    let x = sample();
    let mut y = vec![0.0; x.len()];
    map(M::default(), [&x], &mut y);
    let portable: Vec<f64> = x.iter().map(|&x| M::default().at(Portable, [x])).collect();
    for (shell, y) in [("shell", &y), ("portable", &portable)] {
        let worst = x.iter().zip(y).map(|(&x, &y)| (distance(y, truth(x)), x)).max_by_key(|w| w.0).unwrap();
        println!("{name:12} {shell:8} {} ulp at {:e}", worst.0, worst.1);
        // Without FMA the tail of erfc carries no rests.
        let limit = if name == "erfc" && shell == "portable" { 6 } else { limit };
        assert!(worst.0 <= limit, "{name} ({shell}): {} ulp at {:e}", worst.0, worst.1);
    }
}

/// In plain `f64` with correctly rounded parts: itself an ulp or two off.
fn softplus(x: f64) -> f64 {
    if x.is_nan() { x } else { x.max(0.0) + core_math::log1p(core_math::exp(-x.abs())) }
}

#[test]
fn wide_lanes_are_within_the_promised_ulp() {
    check::<Exp>("exp", core_math::exp, 1);
    check::<ExpM1>("exp_m1", core_math::expm1, 2);
    check::<Exp2>("exp2", core_math::exp2, 1);
    check::<Ln>("ln", core_math::log, 1);
    check::<Ln1p>("ln_1p", core_math::log1p, 2);
    check::<Log2>("log2", core_math::log2, 1);
    check::<Tanh>("tanh", core_math::tanh, 2);
    check::<Sin>("sin", core_math::sin, 1);
    check::<Cos>("cos", core_math::cos, 1);
    check::<Erf>("erf", core_math::erf, 2);
    check::<Erfc>("erfc", core_math::erfc, 3);
    check::<Softplus>("softplus", softplus, 3);
    check::<LogSigmoid>("log_sigmoid", |x| -softplus(-x), 3);
    check::<Sigmoid>(
        "sigmoid",
        |x| {
            let z = core_math::exp(-x.abs());
            (if x < 0.0 { z } else { 1.0 }) / (1.0 + z)
        },
        3,
    );
    // Φ as ½ erfc(−x/√2), the rounding of whose argument costs x² ulp.
    for (x, phi) in [
        (-38.0, 2.885_428_360_068_784_4e-316),
        (-10.0, 7.619_853_024_160_526_6e-24),
        (-3.0, 0.001_349_898_031_630_094_5),
        (0.0, 0.5),
        (0.5, 0.691_462_461_274_013_1),
        (5.0, 0.999_999_713_348_428_1),
    ] {
        let y = Real::normal_cdf(x, Portable);
        assert!(distance(y, phi) <= 4, "normal_cdf({x}) = {y:e}");
    }
}

/// |got − want| ≤ limit·(|want| + floor): `floor` 1 where a function crosses zero.
fn near(what: &str, got: f64, want: f64, limit: f64, floor: f64) {
    assert!(got == want || (got - want).abs() <= limit * (want.abs() + floor), "{what}: {got:e} instead of {want:e}");
}

#[test]
fn gamma_functions() {
    for x in sample().into_iter().filter(|x| x.is_finite() && x.abs() > 1e-290 && *x > -150.0 && *x < 1e300) {
        near(&format!("lgamma({x:e})"), x.lgamma(), core_math::lgamma(x), 4e-15, 1.0);
    }
    assert_eq!((0.0_f64.lgamma(), (-3.0_f64).lgamma()), (f64::INFINITY, f64::INFINITY));
    // ψ⁽ⁿ⁾(x + 1) = ψ⁽ⁿ⁾(x) + (−1)ⁿ n!/xⁿ⁺¹, on both sides of zero.
    for n in 0..12_u32 {
        for k in 1..200 {
            let x = f64::from(k) * 0.173 - 17.0;
            let factorial = (1..=n).fold(1.0, |f, k| f * f64::from(k));
            let step = (-1.0_f64).powi(n as i32) * factorial / x.powi(n as i32 + 1);
            let (a, b) = (x.polygamma(n), (x + 1.0).polygamma(n));
            // x + 1 is rounded, which near a pole counts by the distance to it.
            let scale = a.abs() + b.abs() + step.abs();
            let r = (x - x.round()).abs();
            assert!(
                (b - a - step).abs() <= 1e-14 * f64::from(n + 1) * scale / r.min(1.0),
                "psi {n} at {x}: {a:e} {b:e} {step:e}"
            );
        }
    }
    let (euler, pi) = (0.577_215_664_901_532_9, std::f64::consts::PI);
    near("psi(1)", 1.0_f64.digamma(), -euler, 4e-16, 1.0);
    near("psi'(1)", 1.0_f64.polygamma(1), pi * pi / 6.0, 1e-15, 0.0);
    near("psi'(1/2)", 0.5_f64.polygamma(1), pi * pi / 2.0, 1e-15, 0.0);
    near("psi'(-1/2)", (-0.5_f64).polygamma(1), pi * pi / 2.0 + 4.0, 1e-15, 0.0);
    near("psi''(1)", 1.0_f64.polygamma(2), -2.404_113_806_319_188_6, 1e-15, 0.0);
    assert!((-2.0_f64).polygamma(2).is_nan() && (-2.0_f64).digamma().is_nan());
    assert_eq!((-2.0_f64).polygamma(1), f64::INFINITY);
}

#[test]
fn erfinv_inverts_erf() {
    for k in -999..1000 {
        let y = f64::from(k) / 1000.0;
        // An ulp of x is worth at most 2.2e−16 of erf x, relatively; two are allowed.
        near("erf(erfinv)", core_math::erf(y.erfinv()), y, 4.5e-16, 0.0);
    }
    for x in [1e-300, 1e-9, 0.3, 1.0, 3.0, 5.5] {
        // Near 1, y itself is known to half an ulp only, which the slope of erfinv multiplies.
        let slope = 1.5e-16 * 0.886 * core_math::exp(x * x) / x;
        near("erfinv(erf)", core_math::erf(x).erfinv(), x, 1e-15 + slope, 0.0);
    }
    assert!(1.0_f64.erfinv() == f64::INFINITY && (-1.0_f64).erfinv() == f64::NEG_INFINITY && 1.1_f64.erfinv().is_nan());
    assert!((-0.0_f64).erfinv().is_sign_negative());
}
