//! Linear algebra in single precision: factorisations, triangular systems, the exponential of a skew matrix with its gradient.

use criterion::{Criterion, criterion_group, criterion_main};
use gradus_kernels::linalg::{
    Triangular, cholesky, expm, lu_factor, qr_factor, qr_q, skew_expm, skew_expm_aux_len, skew_expm_pull,
    triangular_solve,
};
use std::hint::black_box;

/// Numbers in (−1, 1) from a linear congruential generator.
fn numbers(len: usize) -> Vec<f32> {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    };
    (0..len).map(|_| next()).collect()
}

fn skew(c: &mut Criterion) {
    // Uniform numbers with the variance of the workloads `expm_64` and `expm_512`.
    for (n, deviation) in [(64, 0.1), (512, 0.05)] {
        let v: Vec<f32> = numbers(n * n).iter().map(|x| x * deviation * 3_f32.sqrt()).collect();
        let g = numbers(n * n);
        let (mut q, mut out) = (vec![0.0; n * n], vec![0.0; n * n]);
        let mut aux = vec![0.0; skew_expm_aux_len::<f32>(n)];
        c.bench_function(&format!("skew_expm_{n}"), |b| {
            b.iter(|| skew_expm(n, black_box(&v), &mut q, &mut aux).unwrap());
        });
        c.bench_function(&format!("skew_expm_and_pull_{n}"), |b| {
            b.iter(|| {
                skew_expm(n, black_box(&v), &mut q, &mut aux).unwrap();
                skew_expm_pull(n, &q, &aux, &g, &mut out);
            });
        });
        c.bench_function(&format!("expm_{n}"), |b| b.iter(|| expm(n, black_box(&v), &mut out).unwrap()));
    }
}

fn factorisations(c: &mut Criterion) {
    let n = 512;
    let a = numbers(n * n);
    let (mut f, mut q) = (a.clone(), vec![0.0; n * n]);
    let (mut tau, mut pivots) = (vec![0.0; n], vec![0; n]);
    c.bench_function("qr_512", |b| {
        b.iter(|| {
            f.copy_from_slice(black_box(&a));
            qr_factor(n, n, &mut f, &mut tau);
            qr_q(n, n, n, &f, &tau, &mut q);
        });
    });
    c.bench_function("lu_512", |b| {
        b.iter(|| {
            f.copy_from_slice(black_box(&a));
            lu_factor(n, &mut f, &mut pivots).unwrap();
        });
    });
    let mut positive: Vec<f32> = (0..n * n).map(|k| 0.5 * (a[k] + a[k % n * n + k / n])).collect();
    positive.iter_mut().step_by(n + 1).for_each(|x| *x += n as f32);
    c.bench_function("cholesky_512", |b| b.iter(|| cholesky(n, black_box(&positive), &mut q).unwrap()));
    c.bench_function("triangular_solve_512", |b| {
        b.iter(|| {
            f.copy_from_slice(black_box(&a));
            triangular_solve(n, n, Triangular::LOWER, &q, &mut f).unwrap();
        });
    });
}

criterion_group!(benches, skew, factorisations);
criterion_main!(benches);
