//! Triangular systems, LU, Cholesky and QR.

use super::{defect, distance, eye, mul, random, t};
use gradus_kernels::Real;
use gradus_kernels::linalg::{
    Error, Half, Side, Triangular, cholesky, fix_signs, lu_factor, lu_solve, lu_solve_transposed, qr_full, qr_thin,
    triangular_solve,
};

const ORDERS: [usize; 11] = [0, 1, 2, 3, 7, 16, 17, 33, 64, 100, 193];

/// A well conditioned full matrix: entries below 1 plus n on the diagonal.
fn dominant<T: Real>(n: usize, seed: u64) -> Vec<T> {
    let mut a = random::<T>(n * n, seed);
    (0..n).for_each(|i| a[i * n + i] += T::from_usize(n));
    a
}

fn triangular<T: Real>() {
    for n in ORDERS {
        for m in [0, 1, 5, 40] {
            for code in 0..16 {
                let bit = |k: u32| code >> k & 1 == 1;
                let kind = Triangular {
                    side: if bit(0) { Side::Left } else { Side::Right },
                    half: if bit(1) { Half::Lower } else { Half::Upper },
                    transposed: bit(2),
                    unit: bit(3),
                };
                // The other half, and the diagonal where it counts as 1, hold NaN: they must not be read.
                let mut stored = dominant::<T>(n, 3);
                let mut op = vec![T::ZERO; n * n];
                for i in 0..n {
                    for j in 0..n {
                        let at = i * n + j;
                        if i == j && kind.unit {
                            (op[at], stored[at]) = (T::ONE, T::NAN);
                        } else if i == j || (i > j) == bit(1) {
                            if kind.unit {
                                stored[at] /= T::from_usize(n);
                            }
                            op[at] = stored[at];
                        } else {
                            stored[at] = T::NAN;
                        }
                    }
                }
                let op = if kind.transposed { t(n, n, &op) } else { op };
                let b = random::<T>(n * m, 5);
                let mut x = b.clone();
                triangular_solve(n, m, kind, &stored, &mut x).unwrap();
                let back = if bit(0) { mul(n, n, m, &op, &x) } else { mul(m, n, n, &x, &op) };
                let tol = T::EPSILON.to_f64() * 40.0 * (1.0 + n as f64);
                assert!(distance(&back, &b) <= tol, "{kind:?}, n {n}, m {m}: {:e}", distance(&back, &b));
            }
        }
    }
}

#[test]
fn triangular_systems_of_every_kind() {
    triangular::<f32>();
    triangular::<f64>();
}

#[test]
fn a_zero_on_the_diagonal_is_named_and_leaves_b() {
    let mut b = vec![1.0, 2.0];
    let e = triangular_solve(2, 1, Triangular::LOWER, &[1.0, 0.0, 3.0, 0.0], &mut b).unwrap_err();
    assert_eq!(e, Error::Singular { what: "triangular_solve", pivot: 1 });
    assert_eq!(b, [1.0, 2.0]);
}

fn lu<T: Real>() {
    for n in ORDERS {
        let a = random::<T>(n * n, 11);
        let (mut f, mut pivots) = (a.clone(), vec![0; n]);
        lu_factor(n, &mut f, &mut pivots).unwrap();
        let (mut l, mut u, mut pa) = (eye::<T>(n), vec![T::ZERO; n * n], a.clone());
        for i in 0..n {
            l[i * n..i * n + i].copy_from_slice(&f[i * n..i * n + i]);
            u[i * n + i..(i + 1) * n].copy_from_slice(&f[i * n + i..(i + 1) * n]);
            for j in 0..n {
                pa.swap(i * n + j, pivots[i] as usize * n + j);
            }
        }
        let tol = T::EPSILON.to_f64() * (10.0 + 2.0 * n as f64);
        assert!(distance(&mul(n, n, n, &l, &u), &pa) <= tol, "n {n}");
        assert!(l.iter().all(|x| x.abs() <= T::ONE), "partial pivoting bounds L by 1");

        let a = dominant::<T>(n, 12);
        let mut f = a.clone();
        lu_factor(n, &mut f, &mut pivots).unwrap();
        let b = random::<T>(n * 3, 13);
        let (mut x, mut y) = (b.clone(), b.clone());
        lu_solve(n, 3, &f, &pivots, &mut x).unwrap();
        lu_solve_transposed(n, 3, &f, &pivots, &mut y).unwrap();
        assert!(distance(&mul(n, n, 3, &a, &x), &b) <= tol);
        assert!(distance(&mul(n, n, 3, &t(n, n, &a), &y), &b) <= tol);
    }
}

#[test]
fn lu_is_pa_and_solves() {
    lu::<f32>();
    lu::<f64>();
}

#[test]
fn lu_names_a_singular_matrix_and_still_finishes() {
    let (mut a, mut p) = (vec![1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 1.0, 0.0, 1.0], vec![0; 3]);
    let e = lu_factor(3, &mut a, &mut p).unwrap_err();
    assert_eq!(e.to_string(), "lu_factor: the matrix is singular: pivot 2 is 0; add a small multiple of the identity?");
    assert_eq!(a[8], 0.0);
    assert!(lu_solve(3, 1, &a, &p, &mut [1.0; 3]).is_err());
    let e = lu_factor(2, &mut [1.0, 2.0, f64::NAN, 1.0], &mut [0; 2]).unwrap_err();
    assert_eq!(e, Error::NotFinite { what: "lu_factor", at: 2 });
}

fn positive<T: Real>() {
    for n in ORDERS {
        let b = random::<T>(n * n, 21);
        let mut a: Vec<T> = mul(n, n, n, &b, &t(n, n, &b)).iter().map(|&x| T::from_f64(x)).collect();
        (0..n).for_each(|i| a[i * n + i] += T::ONE);
        let mut lower = a.clone();
        // Only the lower half may be read.
        (0..n).for_each(|i| lower[i * n + i + 1..(i + 1) * n].fill(T::NAN));
        let mut l = vec![T::NAN; n * n];
        cholesky(n, &lower, &mut l).unwrap();
        assert!((0..n).all(|i| l[i * n + i + 1..(i + 1) * n].iter().all(|&x| x == T::ZERO) && l[i * n + i] > T::ZERO));
        let tol = T::EPSILON.to_f64() * 4.0 * (1.0 + n as f64);
        assert!(distance(&mul(n, n, n, &l, &t(n, n, &l)), &a) <= tol * (1.0 + n as f64 / 3.0), "n {n}");
    }
}

#[test]
fn cholesky_is_a() {
    positive::<f32>();
    positive::<f64>();
}

#[test]
fn cholesky_names_the_row() {
    let n = 70;
    let mut a = eye::<f64>(n);
    a[50 * n + 50] = -1.0;
    let e = cholesky(n, &a, &mut vec![0.0; n * n]).unwrap_err();
    assert_eq!(e, Error::NotPositiveDefinite { what: "cholesky", pivot: 50 });
    a[50 * n + 50] = f64::NAN;
    assert!(cholesky(n, &a, &mut vec![0.0; n * n]).is_err());
}

fn qr<T: Real>() {
    let eps = T::EPSILON.to_f64();
    for (m, n) in
        [(0, 0), (0, 3), (3, 0), (1, 1), (1, 4), (4, 1), (5, 5), (40, 33), (33, 40), (100, 100), (200, 70), (70, 200)]
    {
        let a = random::<T>(m * n, 31);
        for full in [false, true] {
            let k = if full { m } else { m.min(n) };
            let (mut q, mut r) = (vec![T::NAN; m * k], vec![T::NAN; k * n]);
            if full {
                qr_full(m, n, &a, &mut q, &mut r);
            } else {
                qr_thin(m, n, &a, &mut q, &mut r);
            }
            for signs in [false, true] {
                if signs {
                    fix_signs(m, k, n, &mut q, &mut r);
                    assert!((0..k.min(n)).all(|i| r[i * n + i] >= T::ZERO));
                }
                assert!(defect(m, k, &q) <= 20.0 * eps * (m as f64).sqrt(), "{m} x {n}: {:e}", defect(m, k, &q));
                assert!(distance(&mul(m, k, n, &q, &r), &a) <= 4.0 * eps * (1.0 + m as f64), "{m} x {n}");
                assert!((0..k).all(|i| r[i * n..i * n + i.min(n)].iter().all(|&x| x == T::ZERO)));
            }
        }
    }
}

#[test]
fn qr_is_a_with_orthonormal_columns() {
    qr::<f32>();
    qr::<f64>();
}

#[test]
fn qr_of_awkward_columns() {
    // Zero columns, and columns whose squares leave the range.
    for scale in [0.0_f32, 1e-30, 1e30] {
        let (m, n) = (6, 3);
        let a: Vec<f32> = random::<f32>(m * n, 32).iter().map(|x| x * scale).collect();
        let (mut q, mut r) = (vec![0.0; m * n], vec![0.0; n * n]);
        qr_thin(m, n, &a, &mut q, &mut r);
        assert!(defect(m, n, &q) <= 20.0 * f64::from(f32::EPSILON) * 6f64.sqrt());
        assert!(distance(&mul(m, n, n, &q, &r), &a) <= 1e-6 * f64::from(scale));
    }
}
