//! Linear algebra, held against naive products in `f64`, series and fixtures.

mod expm;
mod factor;
mod functions;
mod skew;
mod spectral;
mod twice;

use gradus_kernels::Real;

/// Numbers in (−1, 1) from a linear congruential generator.
pub(crate) fn random<T: Real>(len: usize, seed: u64) -> Vec<T> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    (0..8).for_each(|_| {
        next();
    });
    (0..len).map(|_| T::from_f64(next())).collect()
}

/// a·b in f64, a `[m, k]`, b `[k, n]`.
pub(crate) fn mul<T: Real>(m: usize, k: usize, n: usize, a: &[T], b: &[T]) -> Vec<f64> {
    let mut c = vec![0.0; m * n];
    for i in 0..m {
        for p in 0..k {
            let x = a[i * k + p].to_f64();
            for j in 0..n {
                c[i * n + j] += x * b[p * n + j].to_f64();
            }
        }
    }
    c
}

/// The transpose of an m x n matrix.
pub(crate) fn t<T: Real>(m: usize, n: usize, a: &[T]) -> Vec<T> {
    (0..n * m).map(|i| a[(i % m) * n + i / m]).collect()
}

/// The largest |a − b|.
pub(crate) fn distance<A: Real, B: Real>(a: &[A], b: &[B]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a.to_f64() - b.to_f64()).abs())
        .fold(0.0, |m, d| if d > m || d.is_nan() { d } else { m })
}

/// The identity.
pub(crate) fn eye<T: Real>(n: usize) -> Vec<T> {
    (0..n * n).map(|i| if i % (n + 1) == 0 { T::ONE } else { T::ZERO }).collect()
}

/// How far the columns of q (m x k) are from orthonormal: the largest entry of |QᵀQ − I|, in f64.
pub(crate) fn defect<T: Real>(m: usize, k: usize, q: &[T]) -> f64 {
    distance(&mul(k, m, k, &t(m, k, q), q), &eye::<f64>(k))
}
