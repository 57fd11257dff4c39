//! Random numbers by counter, and initial weights: 10⁵ and 10⁷ numbers into warm buffers, an orthogonal 512 x 512.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use gradus::init::{Key, Scheme, SliceMut, Target, glorot_uniform, he_truncated, normal, orthogonal};
use gradus_kernels::floats::{Format, round_nearest_slice, round_stochastic_slice};
use gradus_kernels::random::{bernoulli_keep, fill_bits};
use std::hint::black_box;

fn schemes(c: &mut Criterion) {
    let all: [(&str, &dyn Scheme); 3] =
        [("normal", &normal(0.0, 1.0)), ("truncated normal", &he_truncated()), ("uniform", &glorot_uniform())];
    for (name, scheme) in all {
        let mut group = c.benchmark_group(name);
        for rows in [100, 10_000] {
            let mut out = vec![0.0_f32; rows * 1000];
            group.throughput(Throughput::Elements(out.len() as u64));
            group.bench_function(out.len().to_string(), |b| {
                b.iter(|| scheme.write(&Target::new(&[rows, 1000]), black_box(Key::from(1)), SliceMut::F32(&mut out)));
            });
        }
    }
    let mut out = vec![0.0_f32; 512 * 512];
    c.bench_function("orthogonal_512", |b| {
        b.iter(|| {
            orthogonal(1.0).write(&Target::new(&[512, 512]), black_box(Key::from(1)), SliceMut::F32(&mut out));
        });
    });
}

fn bits(c: &mut Criterion) {
    let mut group = c.benchmark_group("bits");
    let n = 1 << 16;
    group.throughput(Throughput::Elements(n as u64));
    let (mut words, mut mask) = (vec![0; n], vec![0.0_f32; n]);
    group.bench_function("words", |b| b.iter(|| fill_bits(black_box(Key::from(1)), 0, &mut words)));
    group.bench_function("mask", |b| b.iter(|| bernoulli_keep(black_box(Key::from(1)), 0, 0.8, 1.25, &mut mask)));
}

fn rounding(c: &mut Criterion) {
    let mut group = c.benchmark_group("round to bf16");
    let x: Vec<f32> = (0..100_000).map(|i| (i % 997) as f32 * 0.0031).collect();
    group.throughput(Throughput::Elements(x.len() as u64));
    let mut words = vec![0; x.len()];
    fill_bits(Key::from(1), 0, &mut words);
    let out = || vec![0.0_f32; x.len()];
    group.bench_function("nearest", |b| {
        b.iter_batched_ref(out, |y| round_nearest_slice(black_box(&x), Format::BF16, y), BatchSize::LargeInput);
    });
    group.bench_function("stochastic", |b| {
        let round = |y: &mut Vec<f32>| round_stochastic_slice(black_box(&x), Format::BF16, |i| words[i], y);
        b.iter_batched_ref(out, round, BatchSize::LargeInput);
    });
}

criterion_group!(benches, schemes, bits, rounding);
criterion_main!(benches);
