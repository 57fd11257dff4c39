//! Orthogonal weights: the defect, norms both ways, and the Haar distribution.

use crate::{kolmogorov, rng};
use gradus_init::ndarray::{Array1, Array2};
use gradus_init::{Real, Scheme, normal, orthogonal};
use gradus_kernels::linalg::{fix_signs, qr_thin};
use std::f64::consts::PI;

/// Largest entry of |QᵀQ − I| or, for a wide Q, of |QQᵀ − I|, evaluated in f64.
fn defect<T: Real>(q: &Array2<T>) -> f64 {
    let q = q.mapv(T::to_f64);
    let q = if q.nrows() >= q.ncols() { q } else { q.t().to_owned() };
    (q.t().dot(&q) - Array2::<f64>::eye(q.ncols())).iter().fold(0.0, |m, x| m.max(x.abs()))
}

fn within_bound<T: Real>() {
    for (n, d) in [(1, 1), (2, 2), (5, 3), (3, 5), (32, 32), (33, 31), (64, 128), (190, 190), (512, 512), (700, 50)] {
        let q: Array2<T> = orthogonal(1.0).sample((n, d), &mut rng((n * d) as u64));
        let bound = 20.0 * T::EPSILON.to_f64() * (n.max(d) as f64).sqrt();
        assert!(defect(&q) <= bound, "{} {n} x {d}: {:e}, bound {bound:e}", T::NAME, defect(&q));
    }
}

#[test]
fn the_defect_is_rounding() {
    within_bound::<f32>();
    within_bound::<f64>();
}

#[test]
fn norms_are_kept_both_ways() {
    let norm = |x: &Array1<f64>| x.dot(x).sqrt();
    for (n, d) in [(40, 40), (60, 25), (25, 60)] {
        let w: Array2<f64> = orthogonal(1.5).sample((n, d), &mut rng(1));
        let x: Array1<f64> = normal(0.0, 1.0).sample(d, &mut rng(2));
        let g: Array1<f64> = normal(0.0, 1.0).sample(n, &mut rng(3));
        let (z, back) = (w.dot(&x), w.t().dot(&g));
        let (forward, backward) = (norm(&z) / norm(&x) / 1.5, norm(&back) / norm(&g) / 1.5);
        if n >= d {
            assert!((forward - 1.0).abs() < 1e-14);
            // A gradient in the range of W keeps its norm too.
            assert!((norm(&w.t().dot(&z)) / norm(&z) / 1.5 - 1.0).abs() < 1e-14);
        }
        if n <= d {
            assert!((backward - 1.0).abs() < 1e-14);
        }
        assert!(forward < 1.0 + 1e-14 && backward < 1.0 + 1e-14);
        assert_eq!(n > d, backward < 0.99);
    }
}

/// The angle of a rotation of the plane, or `None` for a reflection.
fn angle(q: &Array2<f64>) -> Option<f64> {
    let det = q[[0, 0]] * q[[1, 1]] - q[[0, 1]] * q[[1, 0]];
    (det > 0.0).then(|| q[[1, 0]].atan2(q[[0, 0]]))
}

/// Q of a Gaussian matrix by Householder QR, with or without the sign fix.
fn by_qr(n: usize, fix: bool, rng: &mut impl gradus_init::rand::Rng) -> Array2<f64> {
    let a: Array2<f64> = normal(0.0, 1.0).sample((n, n), rng);
    let (mut q, mut r) = (vec![0.0; n * n], vec![0.0; n * n]);
    qr_thin(n, n, a.as_slice().unwrap(), &mut q, &mut r);
    if fix {
        fix_signs(n, n, n, &mut q, &mut r);
    }
    Array2::from_shape_vec((n, n), q).unwrap()
}

/// In the plane Haar measure is: half rotations, whose angle is uniform. The same test on Q without the sign fix fails.
#[test]
fn angles_in_the_plane_are_uniform() {
    let rng = &mut rng(4);
    const N: usize = 20_000;
    let uniform = |sample: &mut dyn FnMut() -> Array2<f64>| {
        let angles: Vec<f64> = (0..N).filter_map(|_| angle(&sample())).collect();
        let share = (angles.len() as f64 - N as f64 / 2.0).abs() / (N as f64 / 4.0).sqrt();
        (share, if angles.is_empty() { 1e9 } else { kolmogorov(angles, |t| (t + PI) / (2.0 * PI)) })
    };
    let (share, ks) = uniform(&mut || orthogonal(1.0).sample((2, 2), rng));
    assert!(share < 4.0 && ks < 1.95, "{share} sigma, {ks}");
    let (share, ks) = uniform(&mut || by_qr(2, true, rng));
    assert!(share < 4.0 && ks < 1.95, "QR with the fix: {share} sigma, {ks}");
    let (share, ks) = uniform(&mut || by_qr(2, false, rng));
    assert!(share > 4.0 || ks > 1.95, "QR without the fix passed: {share} sigma, {ks}");
}

/// Eigenvalue angles of a real orthogonal matrix of order n: the eigenvalues of Q + Qᵀ are 2 cos θ, by Jacobi rotations.
fn cosines(q: &Array2<f64>) -> Vec<f64> {
    let n = q.nrows();
    let mut a = (q + &q.t()) / 2.0;
    for _ in 0..12 {
        for (i, j) in (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j))) {
            if a[[i, j]].abs() < 1e-14 {
                continue;
            }
            let t = 0.5 * (2.0 * a[[i, j]]).atan2(a[[j, j]] - a[[i, i]]);
            let (s, c) = t.sin_cos();
            for k in 0..n {
                let (x, y) = (a[[k, i]], a[[k, j]]);
                (a[[k, i]], a[[k, j]]) = (c * x - s * y, s * x + c * y);
            }
            for k in 0..n {
                let (x, y) = (a[[i, k]], a[[j, k]]);
                (a[[i, k]], a[[j, k]]) = (c * x - s * y, s * x + c * y);
            }
        }
    }
    a.diag().to_vec()
}

/// In O(n) the angles of the eigenvalues that are not ±1 have a nearly uniform density; exactly: the moments of the trace of Haar
/// matrices, E tr Q = 0, E (tr Q)² = 1, E (tr Q)⁴ = 3, E tr Q² = 1 (Diaconis & Shahshahani 1994), which a wrong density misses.
#[test]
fn traces_have_the_moments_of_haar_measure() {
    const N: usize = 20_000;
    let moments = |sample: &mut dyn FnMut() -> Array2<f64>| {
        let mut sums = [0.0; 4];
        for _ in 0..N {
            let q = sample();
            let (t, t2) = (q.diag().sum(), q.dot(&q).diag().sum());
            [t, t * t, t.powi(4), t2].iter().zip(&mut sums).for_each(|(x, s)| *s += x / N as f64);
        }
        // In standard deviations: variances of t, t², t⁴, tr Q² are 1, 2, 96, 2.
        let wanted = [(0.0, 1.0), (1.0, 2.0), (3.0, 96.0), (1.0, 2.0)];
        sums.iter().zip(wanted).map(|(s, (m, v))| (s - m).abs() / f64::sqrt(v / N as f64)).fold(0.0, f64::max)
    };
    let rng = &mut rng(5);
    let sigma = moments(&mut || orthogonal(1.0).sample((10, 10), rng));
    assert!(sigma < 5.0, "{sigma} sigma");
    let sigma = moments(&mut || by_qr(10, false, rng));
    assert!(sigma > 5.0, "QR without the sign fix passed: {sigma} sigma");
}

/// For large n the angles of all eigenvalues are uniform on the circle: spacings repel, so the empirical distribution is even closer
/// to uniform than that of independent angles, and the usual bound holds.
#[test]
fn eigenvalue_angles_are_uniform() {
    let rng = &mut rng(6);
    let mut angles = Vec::new();
    for _ in 0..40 {
        let q: Array2<f64> = orthogonal(1.0).sample((41, 41), rng);
        // Each pair e^(±iθ) shows twice.
        angles.extend(cosines(&q).into_iter().map(|c| c.clamp(-1.0, 1.0).acos()));
    }
    let ks = kolmogorov(angles, |t| t / PI);
    assert!(ks < 1.95, "{ks}");
    let mut biased = Vec::new();
    for _ in 0..40 {
        biased.extend(cosines(&by_qr(41, false, rng)).into_iter().map(|c| c.clamp(-1.0, 1.0).acos()));
    }
    assert!(kolmogorov(biased, |t| t / PI) > ks);
}

/// Columns of a tall Q are uniform on the sphere: every entry has mean 0, variance 1/n, fourth moment 3/(n(n + 2)).
#[test]
fn semi_orthogonal_columns_are_uniform_on_the_sphere() {
    let rng = &mut rng(7);
    const N: usize = 4000;
    let (n, d) = (6, 3);
    let mut sums = Array2::<f64>::zeros((n * d, 3));
    for _ in 0..N {
        let q: Array2<f64> = orthogonal(1.0).sample((n, d), rng);
        for (i, x) in q.iter().enumerate() {
            (1..4).zip(sums.row_mut(i)).for_each(|(k, s)| *s += [*x, x * x, x.powi(4)][k - 1] / N as f64);
        }
    }
    let m = n as f64;
    let (second, fourth) = (1.0 / m, 3.0 / (m * (m + 2.0)));
    // E x⁸ = 105/(n(n + 2)(n + 4)(n + 6)).
    let eighth = 105.0 / (m * (m + 2.0) * (m + 4.0) * (m + 6.0));
    for row in sums.rows() {
        let sd = |v: f64| (v / N as f64).sqrt();
        assert!(row[0].abs() < 5.0 * sd(second));
        assert!((row[1] - second).abs() < 5.0 * sd(fourth - second * second));
        assert!((row[2] - fourth).abs() < 5.0 * sd(eighth - fourth * fourth));
    }
}
