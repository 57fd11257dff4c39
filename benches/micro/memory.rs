//! Buffers, the thread pool and rounding of floats: `cargo bench -p gradus-benches --bench memory`.
//!
//! The thread benches run two equal pieces after a serial stretch, alone and shared; only their ratio within one run means anything.

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use gradus_kernels::Shared;
use gradus_kernels::floats::{Census, Format, round_nearest_slice, round_stochastic_slice};
use gradus_kernels::threads::{for_each_chunk, for_each_piece_with, set_threads};
use std::hint::black_box;
use std::time::{Duration, Instant};

fn buffers(c: &mut Criterion) {
    let mut group = c.benchmark_group("buffer");
    for n in [16, 1_000, 100_000, 10_000_000] {
        group.bench_with_input(BenchmarkId::new("stale, drop", n), &n, |b, &n| {
            b.iter(|| Shared::<f32>::stale(black_box(n)));
        });
    }
    // As a recorded chain does it: taken one by one, freed together.
    group.bench_function("100 live of 16", |b| {
        let mut live = Vec::with_capacity(100);
        b.iter(|| {
            live.extend((0..100).map(|_| Shared::<f32>::stale(black_box(16))));
            live.clear();
        });
    });
    group.bench_function("Vec of 16, for comparison", |b| b.iter(|| Vec::<f32>::with_capacity(black_box(16))));
    group.bench_function("freed on another thread", |b| {
        b.iter_batched(
            || (0..100).map(|_| Shared::<f32>::stale(1_000)).collect::<Vec<_>>(),
            |all| std::thread::scope(|s| s.spawn(move || drop(all)).join()),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

/// Keeps a core busy.
fn busy(time: Duration) {
    let begin = Instant::now();
    while begin.elapsed() < time {
        std::hint::spin_loop();
    }
}

fn threads(c: &mut Criterion) {
    let mut group = c.benchmark_group("two pieces");
    for (serial, piece) in [(0, 3), (0, 10), (20, 10), (100, 50), (500, 50), (1_500, 50), (3_000, 500)] {
        let (stretch, work) = (Duration::from_micros(serial), Duration::from_micros(piece));
        for n in [1, 2, 4] {
            let id = BenchmarkId::new(format!("of {piece} us after {serial} us"), format!("{n} threads"));
            group.bench_function(id, |b| {
                set_threads(n);
                b.iter_custom(|iterations| {
                    let mut sum = Duration::ZERO;
                    for _ in 0..iterations {
                        busy(stretch);
                        let begin = Instant::now();
                        for_each_piece_with(2, 2_000 * piece as usize, |_| busy(work));
                        sum += begin.elapsed();
                    }
                    sum
                });
            });
        }
    }
    group.finish();
    let mut out = vec![0_f32; 1 << 20];
    let mut group = c.benchmark_group("fill of a million");
    for n in [1, 2] {
        group.bench_function(BenchmarkId::new("threads", n), |b| {
            set_threads(n);
            b.iter(|| for_each_chunk(&mut out, 1 << 15, |start, part| part.fill(start as f32)));
        });
    }
    group.finish();
}

fn floats(c: &mut Criterion) {
    set_threads(1);
    let x: Vec<f32> = (0..100_000).map(|i| (i as f32 - 5e4) * 0.37).collect();
    let mut y = vec![0.0; x.len()];
    let mut group = c.benchmark_group("floats");
    group.throughput(Throughput::Elements(x.len() as u64));
    for (name, format) in [("bf16", Format::BF16), ("e4m3", Format::FP8_E4M3)] {
        group.bench_function(BenchmarkId::new("nearest", name), |b| b.iter(|| round_nearest_slice(&x, format, &mut y)));
        group.bench_function(BenchmarkId::new("stochastic", name), |b| {
            b.iter(|| round_stochastic_slice(&x, format, |i| (i as u32).wrapping_mul(2_654_435_761), &mut y));
        });
    }
    group.bench_function("census", |b| b.iter(|| Census::of(&x, Format::FP16)));
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets = buffers, threads, floats
}
criterion_main!(benches);
