//! The exponential of a skew matrix and its gradient.

use super::twice::exponential;
use super::{defect, distance, mul, random, t};
use gradus_kernels::Real;
use gradus_kernels::linalg::{Error, expm_frechet, skew_expm, skew_expm_aux_len, skew_expm_pull};

/// V of order n with ‖V − Vᵀ‖₂ near `norm` (the spectrum of a random matrix fills a disc).
fn weights<T: Real>(n: usize, norm: f64, seed: u64) -> Vec<T> {
    let width = if n < 2 { 1.0 } else { (n as f64 * 2.0 / 3.0).sqrt() * 2.0 };
    random::<f64>(n * n, seed).iter().map(|x| T::from_f64(x * norm / width)).collect()
}

fn forward<T: Real>(n: usize, v: &[T]) -> (Vec<T>, Vec<T>) {
    let (mut q, mut aux) = (vec![T::NAN; n * n], vec![T::NAN; skew_expm_aux_len::<T>(n)]);
    skew_expm(n, v, &mut q, &mut aux).unwrap();
    (q, aux)
}

fn pull<T: Real>(n: usize, v: &[T], g: &[T]) -> Vec<T> {
    let (q, aux) = forward(n, v);
    let mut out = vec![T::NAN; n * n];
    skew_expm_pull(n, &q, &aux, g, &mut out);
    out
}

/// V − Vᵀ in f64, from the numbers as they are.
fn skew<T: Real>(n: usize, v: &[T]) -> Vec<f64> {
    (0..n * n).map(|k| (v[k] - v[k % n * n + k / n]).to_f64()).collect()
}

const NORMS: [f64; 12] = [0.0, 1e-30, 1e-8, 1e-3, 0.05, 0.4, 1.0, 2.4, 4.0, 10.0, 60.0, 1e3];

fn orthogonal<T: Real>(orders: &[usize]) {
    for &n in orders {
        for norm in NORMS {
            let (q, _) = forward(n, &weights::<T>(n, norm, 1));
            let d = defect(n, n, &q);
            assert!(d <= 20.0 * T::EPSILON.to_f64() * (n as f64).sqrt(), "{} n {n}, norm {norm}: {d:e}", T::NAME);
        }
    }
}

#[test]
fn the_result_is_orthogonal() {
    orthogonal::<f32>(&[0, 1, 2, 3, 5, 31, 33, 64, 130, 257]);
    orthogonal::<f64>(&[0, 1, 2, 3, 5, 31, 33, 64, 130, 257]);
}

/// Errors are those of the angles: ε·‖A‖, and a few ε for the products.
fn right<T: Real>() {
    for n in [1, 2, 3, 7, 20] {
        for norm in NORMS {
            let v = weights::<T>(n, norm, 2);
            let (q, _) = forward(n, &v);
            let exact = exponential(n, &skew(n, &v));
            let tol = T::EPSILON.to_f64() * (8.0 + norm * 4.0);
            assert!(distance(&q, &exact) <= tol, "{} n {n} norm {norm}: {:e}", T::NAME, distance(&q, &exact));
        }
    }
}

#[test]
fn it_is_the_exponential_of_the_skew_part() {
    right::<f32>();
    right::<f64>();
}

#[test]
fn order_two_is_a_turn() {
    for angle in [0.0, 1e-12, 0.3, 1.5, 3.0, 40.0] {
        let (q, _) = forward(2, &[5.0, 0.0, angle, -3.0]);
        let want = [f64::cos(angle), -f64::sin(angle), f64::sin(angle), f64::cos(angle)];
        assert!(distance(&q, &want) <= 4e-16 * (3.0 + angle), "{angle}: {:e}", distance(&q, &want));
    }
}

/// The gradient is L(−A, G) − L(−A, G)ᵀ, with L by the independent general kernel in f64.
fn gradient<T: Real>() {
    for n in [1, 2, 3, 8, 33, 70] {
        for norm in NORMS {
            let (v, g) = (weights::<T>(n, norm, 3), random::<T>(n * n, 4));
            let wide: Vec<f64> = g.iter().map(|x| x.to_f64()).collect();
            let transposed: Vec<f64> = skew(n, &v).iter().map(|x| -x).collect();
            let (mut y, mut l) = (vec![0.0; n * n], vec![0.0; n * n]);
            expm_frechet(n, &transposed, &wide, &mut y, &mut l).unwrap();
            let want: Vec<f64> = l.iter().zip(t(n, n, &l)).map(|(a, b)| a - b).collect();
            let got = pull(n, &v, &g);
            let scale = (n as f64).sqrt();
            let tol = T::EPSILON.to_f64() * scale * (12.0 + norm * 6.0);
            assert!(
                distance(&got, &want) <= tol,
                "{} n {n} norm {norm}: {:e} > {tol:e}",
                T::NAME,
                distance(&got, &want)
            );
            assert!((0..n * n).all(|k| got[k] == -got[k % n * n + k / n]), "the gradient is skew");
        }
    }
}

#[test]
fn the_gradient_is_the_frechet_derivative_at_the_transpose() {
    gradient::<f32>();
    gradient::<f64>();
}

#[test]
fn the_gradient_agrees_with_differences() {
    let n = 6;
    for norm in [0.0, 0.5, 5.0, 30.0] {
        let (v, g, e) = (weights::<f64>(n, norm, 5), random::<f64>(n * n, 6), random::<f64>(n * n, 7));
        let value = |h: f64| -> f64 {
            let v: Vec<f64> = v.iter().zip(&e).map(|(v, e)| v + h * e).collect();
            forward(n, &v).0.iter().zip(&g).map(|(q, g)| q * g).sum()
        };
        let h = 1e-3;
        let differences = (8.0 * (value(h) - value(-h)) - (value(2.0 * h) - value(-2.0 * h))) / (12.0 * h);
        let exact: f64 = pull(n, &v, &g).iter().zip(&e).map(|(a, b)| a * b).sum();
        assert!((differences - exact).abs() < 1e-8 * exact.abs().max(1.0), "norm {norm}: {differences} {exact}");
    }
}

/// e^A·e^B = e^(A + B) where A and B commute; and the inverse is the transpose.
#[test]
fn turns_about_one_axis_add() {
    let n = 40;
    let v = weights::<f64>(n, 3.0, 8);
    let times = |c: f64| forward(n, &v.iter().map(|x| x * c).collect::<Vec<_>>()).0;
    assert!(distance(&mul(n, n, n, &times(0.7), &times(1.1)), &times(1.8)) < 1e-13);
    assert!(distance(&times(-1.0), &t(n, n, &times(1.0))) < 1e-14);
}

#[test]
fn same_bits_every_time() {
    let (n, v) = (90, weights::<f32>(90, 3.0, 9));
    assert!(forward(n, &v).0 == forward(n, &v).0);
    let g = random::<f32>(n * n, 10);
    assert!(pull(n, &v, &g) == pull(n, &v, &g));
}

#[test]
fn what_is_not_finite_is_refused() {
    let mut aux = vec![0.0_f32; skew_expm_aux_len::<f32>(2)];
    let e = skew_expm(2, &[0.0, f32::NAN, 0.0, 0.0], &mut [0.0; 4], &mut aux).unwrap_err();
    assert_eq!(e, Error::NotFinite { what: "skew_expm", at: 1 });
    assert!(skew_expm(2, &[0.0, f32::MAX, -f32::MAX, 0.0], &mut [0.0; 4], &mut aux).is_err());
}
