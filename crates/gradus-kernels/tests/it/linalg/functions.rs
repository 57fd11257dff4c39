//! Determinants, inverses, powers, polar factors and the Cayley map.

use super::{defect, distance, eye, mul, random, t};
use gradus_kernels::Real;
use gradus_kernels::linalg::{
    Error, cayley, condition_1, determinant, expm, inverse, lu_factor, matrix_power, polar, qr_orthonormal,
    sign_log_determinant,
};

/// det by expansion along the first row.
fn expansion(n: usize, a: &[f64]) -> f64 {
    if n == 0 {
        return 1.0;
    }
    (0..n)
        .map(|j| {
            let minor: Vec<f64> = (n..n * n).filter(|k| k % n != j).map(|k| a[k]).collect();
            a[j] * expansion(n - 1, &minor) * if j % 2 == 0 { 1.0 } else { -1.0 }
        })
        .sum()
}

#[test]
fn determinants() {
    for n in 0..7 {
        for seed in 0..4 {
            let a = random::<f64>(n * n, 40 + seed);
            let (mut f, mut p) = (a.clone(), vec![0; n]);
            lu_factor(n, &mut f, &mut p).unwrap();
            let (det, (sign, log)) = (determinant(n, &f, &p), sign_log_determinant(n, &f, &p));
            assert!((det - expansion(n, &a)).abs() < 1e-13);
            assert!((sign * log.exp() - det).abs() < 1e-13);
        }
    }
    let (mut f, mut p) = (vec![1.0_f32, 2.0, 2.0, 4.0], vec![0; 2]);
    assert!(lu_factor(2, &mut f, &mut p).is_err());
    assert_eq!(determinant(2, &f, &p), 0.0);
    assert_eq!(sign_log_determinant(2, &f, &p), (0.0, f32::NEG_INFINITY));
    // The determinant overflows, its logarithm does not.
    let n = 60;
    let (mut f, mut p) = (eye::<f32>(n).iter().map(|x| x * -1e3).collect::<Vec<_>>(), vec![0; n]);
    lu_factor(n, &mut f, &mut p).unwrap();
    let (sign, log) = sign_log_determinant(n, &f, &p);
    assert!(sign == 1.0 && (log - 60.0 * 1e3_f32.ln()).abs() < 1e-3);
}

#[test]
fn inverses_and_powers() {
    for n in [0, 1, 3, 20, 65] {
        let mut a = random::<f64>(n * n, 44);
        (0..n).for_each(|i| a[i * n + i] += n as f64);
        let mut inv = vec![0.0; n * n];
        inverse(n, &a, &mut inv).unwrap();
        assert!(distance(&mul(n, n, n, &a, &inv), &eye::<f64>(n)) < 1e-13);
        let small: Vec<f64> = a.iter().map(|x| x / (n as f64 + 1.0)).collect();
        let mut by_hand = eye::<f64>(n);
        for power in 0..12 {
            let (mut y, mut z) = (vec![0.0; n * n], vec![0.0; n * n]);
            matrix_power(n, &small, power, &mut y).unwrap();
            let size = by_hand.iter().fold(1.0_f64, |m, x| m.max(x.abs()));
            assert!(distance(&y, &by_hand) < 1e-12 * size, "n {n}, power {power}");
            matrix_power(n, &small, -power, &mut z).unwrap();
            assert!(distance(&mul(n, n, n, &y, &z), &eye::<f64>(n)) < 1e-8);
            by_hand = mul(n, n, n, &by_hand, &small);
        }
    }
    let e = matrix_power(2, &[1.0, 1.0, 1.0, 1.0], -2, &mut [0.0; 4]).unwrap_err();
    assert_eq!(e, Error::Singular { what: "matrix_power", pivot: 1 });
}

#[test]
fn the_condition_estimate_is_close_from_below() {
    for n in [1, 2, 5, 30, 60] {
        for seed in 0..10 {
            let a = random::<f64>(n * n, 50 + seed);
            let (mut f, mut p, mut inv) = (a.clone(), vec![0; n], vec![0.0; n * n]);
            lu_factor(n, &mut f, &mut p).unwrap();
            inverse(n, &a, &mut inv).unwrap();
            let norm = |x: &[f64]| (0..n).map(|j| (0..n).map(|i| x[i * n + j].abs()).sum::<f64>()).fold(0.0, f64::max);
            let (exact, estimate) = (norm(&a) * norm(&inv), condition_1(n, &a, &f, &p));
            assert!(estimate <= exact * (1.0 + 1e-9) && estimate >= exact / 3.0, "n {n}: {estimate} {exact}");
        }
    }
}

fn polar_of<T: Real>() {
    let eps = T::EPSILON.to_f64();
    for (n, p) in [(0, 0), (3, 0), (1, 1), (5, 1), (4, 4), (30, 30), (50, 17), (90, 64)] {
        for spread in [0.0_f64, 1.0, 1e3] {
            // Columns of very different length, or (spread 0) nearly orthonormal ones.
            let mut a = random::<T>(n * p, 60);
            if spread == 0.0 {
                let mut q = a.clone();
                qr_orthonormal(n, p, &a, &mut q);
                assert!(defect(n, p, &q) <= 20.0 * eps * (n as f64).sqrt());
                a = q.iter().zip(&a).map(|(&q, &x)| q + x * T::from_f64(0.02)).collect();
            } else {
                let last = (p as f64 - 1.0).max(1.0);
                (0..n * p).for_each(|k| a[k] *= T::from_f64(spread.powf((k % p) as f64 / last)));
            }
            let mut u = vec![T::NAN; n * p];
            polar(n, p, &a, &mut u).unwrap();
            let d = defect(n, p, &u);
            assert!(d <= 20.0 * eps * (n as f64).sqrt(), "{} {n} x {p}, spread {spread}: {d:e}", T::NAME);
            // H = UᵀA is symmetric and A = U·H: with H ⪰ 0 (below) that is the polar decomposition.
            let h = mul(p, n, p, &t(n, p, &u), &a);
            let size = h.iter().fold(1.0_f64, |m, x| m.max(x.abs()));
            assert!(distance(&h, &t(p, p, &h)) <= 100.0 * eps * size, "{} {n} x {p}, spread {spread}", T::NAME);
            let wide: Vec<f64> = u.iter().map(|x| x.to_f64()).collect();
            assert!(distance(&mul(n, p, p, &wide, &h), &a) <= 100.0 * eps * size);
            for seed in 0..5 {
                let x = random::<f64>(p, seed);
                let hx = mul(p, p, 1, &h, &x);
                assert!(x.iter().zip(&hx).map(|(a, b)| a * b).sum::<f64>() >= -1e-5 * size);
            }
        }
    }
}

#[test]
fn polar_factors() {
    polar_of::<f32>();
    polar_of::<f64>();
    let e = polar(2, 2, &[1.0, 0.0, 0.0, 0.0], &mut [0.0; 4]).unwrap_err();
    assert_eq!(e, Error::Singular { what: "polar", pivot: 1 });
}

fn cayley_of<T: Real>() {
    let eps = T::EPSILON.to_f64();
    for n in [0, 1, 2, 7, 40] {
        for scale in [0.0, 1e-3, 0.1, 3.0, 1e3] {
            let b = random::<T>(n * n, 70);
            let a: Vec<T> = b.iter().zip(t(n, n, &b)).map(|(&x, y)| (x - y) * T::from_f64(scale)).collect();
            let mut q = vec![T::NAN; n * n];
            cayley(n, &a, &mut q).unwrap();
            assert!(defect(n, n, &q) <= 20.0 * eps * (n as f64).sqrt(), "n {n} scale {scale}: {:e}", defect(n, n, &q));
            // (I + A/2)·Q = I − A/2.
            let plus: Vec<T> = eye::<T>(n).iter().zip(&a).map(|(&i, &a)| i + a * T::from_f64(0.5)).collect();
            let minus: Vec<T> = eye::<T>(n).iter().zip(&a).map(|(&i, &a)| i - a * T::from_f64(0.5)).collect();
            assert!(distance(&mul(n, n, n, &plus, &q), &minus) <= 40.0 * eps * (1.0 + scale) * (n as f64 + 1.0));
            if scale == 1e-3 {
                let (mut e, negative) = (vec![T::ZERO; n * n], a.iter().map(|&x| -x).collect::<Vec<_>>());
                expm(n, &negative, &mut e).unwrap();
                assert!(distance(&q, &e) <= 1e-6, "the sign is that of e^(−A)");
            }
        }
    }
}

#[test]
fn the_cayley_map_of_a_skew_matrix_is_orthogonal() {
    cayley_of::<f32>();
    cayley_of::<f64>();
    let e = cayley(1, &[-2.0], &mut [0.0]).unwrap_err();
    assert_eq!(e, Error::Singular { what: "cayley", pivot: 0 });
}
