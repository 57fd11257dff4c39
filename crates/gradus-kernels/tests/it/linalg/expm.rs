//! The general matrix exponential and its Fréchet derivative.

use super::twice::exponential as series;
use super::{distance, random, t};
use gradus_kernels::Real;
use gradus_kernels::linalg::{Error, expm, expm_frechet, expm_plan};

fn largest(x: &[f64]) -> f64 {
    x.iter().fold(0.0, |m, x| x.abs().max(m))
}

fn against_series<T: Real>(factor: f64) {
    for n in [0, 1, 2, 3, 8, 21] {
        for scale in [0.0, 1e-9, 1e-3, 0.02, 0.2, 0.7, 2.0, 5.0] {
            let a: Vec<T> = random::<T>(n * n, 1).iter().map(|&x| x * T::from_f64(scale)).collect();
            let wide: Vec<f64> = a.iter().map(|x| x.to_f64()).collect();
            let (mut y, exact) = (vec![T::NAN; n * n], series(n, &wide));
            expm(n, &a, &mut y).unwrap();
            let error = distance(&y, &exact) / largest(&exact).max(1e-300);
            let tol = factor * T::EPSILON.to_f64() * (4.0 + scale * n as f64);
            assert!(error <= tol, "{} n {n} scale {scale}: {error:e} > {tol:e}", T::NAME);
        }
    }
}

#[test]
fn expm_is_its_series() {
    against_series::<f32>(2.0);
    against_series::<f64>(2.0);
}

/// e^[[A, E], [0, A]] = [[e^A, L(A, E)], [0, e^A]].
fn block_identity<T: Real>(factor: f64) {
    for n in [0, 1, 2, 5, 12] {
        for scale in [1e-9, 1e-2, 0.1, 0.4, 1.0, 6.0] {
            let a: Vec<T> = random::<T>(n * n, 2).iter().map(|&x| x * T::from_f64(scale)).collect();
            let e = random::<T>(n * n, 3);
            let mut block = vec![0.0; 4 * n * n];
            for i in 0..n {
                for j in 0..n {
                    block[i * 2 * n + j] = a[i * n + j].to_f64();
                    block[(n + i) * 2 * n + n + j] = a[i * n + j].to_f64();
                    block[i * 2 * n + n + j] = e[i * n + j].to_f64();
                }
            }
            let exact = series(2 * n, &block);
            let corner =
                |c: usize| -> Vec<f64> { (0..n * n).map(|k| exact[k / n.max(1) * 2 * n + c + k % n.max(1)]).collect() };
            let (mut y, mut l) = (vec![T::NAN; n * n], vec![T::NAN; n * n]);
            expm_frechet(n, &a, &e, &mut y, &mut l).unwrap();
            let tol = factor * T::EPSILON.to_f64() * (4.0 + scale * n as f64);
            for (got, want) in [(&y, corner(0)), (&l, corner(n))] {
                let error = distance(got, &want) / largest(&want).max(1e-300);
                assert!(error <= tol, "{} n {n} scale {scale}: {error:e} > {tol:e}", T::NAME);
            }
        }
    }
}

#[test]
fn frechet_is_the_corner_of_a_block_triangular_exponential() {
    block_identity::<f32>(4.0);
    block_identity::<f64>(4.0);
}

#[test]
fn adjoint_of_frechet_is_frechet_of_the_transpose() {
    let n = 9;
    let (a, e, g) = (random::<f64>(n * n, 4), random::<f64>(n * n, 5), random::<f64>(n * n, 6));
    let (mut y, mut l, mut pulled) = (vec![0.0; n * n], vec![0.0; n * n], vec![0.0; n * n]);
    expm_frechet(n, &a, &e, &mut y, &mut l).unwrap();
    expm_frechet(n, &t(n, n, &a), &g, &mut y, &mut pulled).unwrap();
    let inner = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    assert!((inner(&g, &l) - inner(&pulled, &e)).abs() < 1e-11 * inner(&g, &l).abs().max(1.0));
}

#[test]
fn agrees_with_scipy() {
    let text = include_str!("../../fixtures/expm.txt");
    let mut lines = text.lines().filter(|l| !l.starts_with('#'));
    let mut cases = 0;
    while let Some(head) = lines.next() {
        let n: usize = head.parse().unwrap();
        let mut next = || -> Vec<f64> { lines.next().unwrap().split(' ').map(|x| x.parse().unwrap()).collect() };
        let [a, e, y0, l0] = [next(), next(), next(), next()];
        let (mut y, mut l, mut y2) = (vec![0.0; n * n], vec![0.0; n * n], vec![0.0; n * n]);
        expm_frechet(n, &a, &e, &mut y, &mut l).unwrap();
        expm(n, &a, &mut y2).unwrap();
        for (got, want) in [(&y, &y0), (&y2, &y0), (&l, &l0)] {
            assert!(
                distance(got, want) <= 1e-12 * largest(want),
                "case {cases}: {:e}",
                distance(got, want) / largest(want)
            );
        }
        cases += 1;
    }
    assert_eq!(cases, 14);
}

#[test]
fn awkward_values() {
    assert_eq!(expm(1, &[f64::NAN], &mut [0.0]), Err(Error::NotFinite { what: "expm", at: 0 }));
    let mut y = [0.0_f32];
    expm(1, &[-200.0], &mut y).unwrap();
    assert!(y[0] >= 0.0 && y[0] < 1e-30);
    // Nilpotent: the series ends, whatever the size.
    let mut y = [0.0_f64; 4];
    expm(2, &[0.0, 1e6, 0.0, 0.0], &mut y).unwrap();
    assert!(distance(&y, &[1.0, 1e6, 0.0, 1.0]) < 1e-6);
    assert_eq!(expm_plan::<f64>(0.0, true).degree, 3);
    assert_eq!(expm_plan::<f32>(3.92572484 * 4.0, false).squarings, 3);
}
