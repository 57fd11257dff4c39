//! Singular values and symmetric eigenvalues, by whichever method is compiled in, and by Jacobi alone.

use super::{defect, distance, mul, random, t};
use gradus_kernels::Real;
use gradus_kernels::linalg::{Error, svd, svd_jacobi, symmetric_eigen};

type Method<T> = fn(usize, usize, &[T], &mut [T], &mut [T], &mut [T]) -> Result<(), Error>;

fn check_svd<T: Real>(method: Method<T>, m: usize, n: usize, a: &[T]) -> Vec<T> {
    let k = m.min(n);
    let (mut u, mut s, mut vt) = (vec![T::NAN; m * k], vec![T::NAN; k], vec![T::NAN; k * n]);
    method(m, n, a, &mut u, &mut s, &mut vt).unwrap();
    let tol = 20.0 * T::EPSILON.to_f64() * ((m + n) as f64).sqrt();
    let size = s.first().map_or(0.0, |s| s.to_f64());
    assert!(s.iter().all(|&x| x >= T::ZERO) && s.windows(2).all(|w| w[0] >= w[1]), "falling, not negative");
    assert!(defect(m, k, &u) <= tol, "{m} x {n}: U {:e}", defect(m, k, &u));
    assert!(defect(n, k, &t(k, n, &vt)) <= tol, "{m} x {n}: V {:e}", defect(n, k, &t(k, n, &vt)));
    let us: Vec<T> = (0..m * k).map(|i| u[i] * s[i % k]).collect();
    assert!(distance(&mul(m, k, n, &us, &vt), a) <= tol * size, "{m} x {n}: U·S·Vᵀ");
    s
}

fn singular<T: Real>(method: Method<T>) {
    for (m, n) in [(0, 0), (0, 3), (3, 0), (1, 1), (1, 5), (5, 1), (4, 4), (11, 11), (30, 12), (12, 30), (60, 60)] {
        check_svd(method, m, n, &random::<T>(m * n, 80));
        check_svd(method, m, n, &vec![T::ZERO; m * n]);
        // Rank one, equal singular values, entries near the ends of the range.
        let (x, y) = (random::<T>(m, 81), random::<T>(n, 82));
        check_svd(method, m, n, &(0..m * n).map(|k| x[k / n] * y[k % n]).collect::<Vec<_>>());
        check_svd(method, m, n, &(0..m * n).map(|k| if k / n == k % n { T::ONE } else { T::ZERO }).collect::<Vec<_>>());
        let tiny = T::MIN_POSITIVE * T::from_f64(16.0) / T::EPSILON;
        check_svd(method, m, n, &random::<T>(m * n, 83).iter().map(|&x| x * tiny).collect::<Vec<_>>());
    }
    // diag(3, 2, 1) turned is 3, 2, 1.
    let s = check_svd(method, 3, 3, &[0.0, 2.0, 0.0, 3.0, 0.0, 0.0, 0.0, 0.0, -1.0].map(T::from_f64));
    assert!(distance(&s, &[3.0, 2.0, 1.0]) < 1e-5);
    assert_eq!(
        method(1, 1, &[T::NAN], &mut [T::ZERO], &mut [T::ZERO], &mut [T::ZERO]),
        Err(Error::NotFinite { what: "svd", at: 0 })
    );
}

#[test]
fn singular_values() {
    singular::<f32>(svd);
    singular::<f64>(svd);
}

#[test]
fn singular_values_by_jacobi() {
    singular::<f32>(svd_jacobi);
    singular::<f64>(svd_jacobi);
}

/// A matrix on which a divide and conquer method is known to fail for many builds: graded by 10²⁰.
#[test]
fn graded_matrices_keep_their_small_values() {
    let n = 11;
    let a: Vec<f64> =
        random::<f64>(n * n, 84).iter().enumerate().map(|(k, x)| x * 10f64.powi(-2 * (k % n) as i32)).collect();
    check_svd(svd_jacobi, n, n, &a);
    check_svd(svd, n, n, &a);
}

fn eigen<T: Real>() {
    let eps = T::EPSILON.to_f64();
    for n in [0, 1, 2, 3, 8, 33, 60] {
        for kind in 0..4 {
            let b = random::<T>(n * n, 90);
            let a: Vec<T> = (0..n * n)
                .map(|k| {
                    let (i, j) = (k / n, k % n);
                    match kind {
                        0 => b[k] + b[j * n + i],
                        1 => T::ZERO,
                        2 => T::ONE,
                        _ => {
                            if i == j {
                                T::from_usize(i % 2)
                            } else {
                                T::ZERO
                            }
                        }
                    }
                })
                .collect();
            // Above the diagonal nothing is read.
            let stored: Vec<T> = (0..n * n).map(|k| if k % n > k / n { T::NAN } else { a[k] }).collect();
            let (mut l, mut q) = (vec![T::NAN; n], vec![T::NAN; n * n]);
            symmetric_eigen(n, &stored, &mut l, &mut q).unwrap();
            assert!(l.windows(2).all(|w| w[0] <= w[1]));
            assert!(defect(n, n, &q) <= 20.0 * eps * (n as f64).sqrt());
            let scaled: Vec<T> = (0..n * n).map(|k| q[k] * l[k % n]).collect();
            let size = l.iter().fold(1.0, |m: f64, x| m.max(x.abs().to_f64()));
            assert!(distance(&mul(n, n, n, &scaled, &t(n, n, &q)), &a) <= 20.0 * eps * size * (n as f64).sqrt());
        }
    }
}

#[test]
fn symmetric_eigenvalues() {
    eigen::<f32>();
    eigen::<f64>();
    let e = symmetric_eigen(1, &[f32::INFINITY], &mut [0.0], &mut [0.0]).unwrap_err();
    assert_eq!(e, Error::NotFinite { what: "symmetric_eigen", at: 0 });
}
