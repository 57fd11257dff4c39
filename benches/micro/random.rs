//! Random numbers by counter, and initial weights into warm buffers: 10⁵ and 10⁷ numbers, matrices and kernels with structure.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use gradus::init::{
    Key, Scheme, SliceMut, Target, constant, delta_orthogonal, dirac, gates, glorot_uniform, he_truncated, normal,
    orthogonal, rotations, sparse,
};
use gradus_kernels::floats::{Format, round_nearest_slice, round_stochastic_slice};
use gradus_kernels::random::{bernoulli_keep, fill_bits};
use std::hint::black_box;

fn schemes(c: &mut Criterion) {
    let mut fill = |name: &str, scheme: &dyn Scheme, shape: &[usize]| {
        let mut out = vec![0.0_f32; shape.iter().product()];
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Elements(out.len() as u64));
        group.bench_function(out.len().to_string(), |b| {
            b.iter(|| scheme.write(&Target::new(shape), black_box(Key::from(1)), SliceMut::F32(&mut out)));
        });
    };
    for rows in [100, 10_000] {
        fill("normal", &normal(0.0, 1.0), &[rows, 1000]);
        fill("truncated normal", &he_truncated(), &[rows, 1000]);
        fill("uniform", &glorot_uniform(), &[rows, 1000]);
        fill("sparse, 15 a row", &sparse(15, 1.0), &[rows, 1000]);
        fill("constant", &constant(0.5), &[rows, 1000]);
    }
    fill("orthogonal", &orthogonal(1.0), &[512, 512]);
    fill("orthogonal, tall", &orthogonal(1.0), &[4096, 128]);
    fill("rotations of planes", &rotations(std::f64::consts::PI), &[512, 512]);
    fill("delta-orthogonal", &delta_orthogonal(1.0), &[256, 256, 3, 3]);
    fill("Dirac", &dirac(1), &[256, 256, 3, 3]);
    fill("four orthogonal gates", &gates([1.0; 4].map(orthogonal)), &[1024, 256]);
}

fn bits(c: &mut Criterion) {
    let mut group = c.benchmark_group("bits");
    let n = 1 << 16;
    group.throughput(Throughput::Elements(n as u64));
    let (mut words, mut mask) = (vec![0; n], vec![0_u8; n]);
    group.bench_function("words", |b| b.iter(|| fill_bits(black_box(Key::from(1)), 0, &mut words)));
    for keep in [0.5, 0.8] {
        group.bench_function(format!("mask, {keep}"), |b| {
            b.iter(|| bernoulli_keep(black_box(Key::from(1)), 0, keep, 1, &mut mask));
        });
    }
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
