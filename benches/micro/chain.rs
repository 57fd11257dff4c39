//! The cost of an op: a chain of 100 tanh on 4x4, forward with recording, and forward plus backward.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gradus::tensor::{Tensor, grad};
use std::hint::black_box;

const LENGTH: usize = 100;

fn chain(x: &Tensor) -> Tensor {
    let mut y = x.tanh();
    for _ in 1..LENGTH {
        y = y.tanh();
    }
    y
}

fn benches(c: &mut Criterion) {
    let x = Tensor::<f32>::full(&[4, 4], 0.3).tracked();
    let mut group = c.benchmark_group("chain of 100 tanh on 4x4");
    group.throughput(Throughput::Elements(LENGTH as u64));
    group.bench_function("forward, recorded", |b| b.iter(|| black_box(chain(&x))));
    group.bench_function("forward and backward", |b| b.iter(|| black_box(grad(&chain(&x).sum(), &x))));
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
