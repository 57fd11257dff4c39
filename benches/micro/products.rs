//! Matrix products, convolution and pooling, on the shapes of the training-step workloads.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use gradus_kernels::conv::{ConvShape, conv, conv_input_adjoint, conv_weight_adjoint};
use gradus_kernels::matmul::matmul;
use gradus_kernels::pooling::{PoolShape, Windows, max_pool};
use gradus_kernels::{Real, View};
use std::hint::black_box;

fn numbers<T: Real>(n: usize) -> Vec<T> {
    (0..n).map(|i| T::from_f64((i * 7919 % 1009) as f64 / 504.5 - 1.0)).collect()
}

fn product<T: Real>(c: &mut Criterion, [m, k, n]: [usize; 3], turned: bool) {
    let (a, b, mut out) = (numbers::<T>(m * k), numbers::<T>(k * n), vec![T::ZERO; m * n]);
    let strides = if turned { [1, k] } else { [n, 1] };
    let mut group = c.benchmark_group(format!("matmul/{}", T::NAME));
    group.throughput(Throughput::Elements(2 * (m * k * n) as u64));
    let name = format!("{m}x{k}x{n}{}", if turned { ", b transposed" } else { "" });
    group.bench_function(name, |bench| {
        bench.iter(|| {
            let a = View { data: black_box(&a), shape: &[m, k], strides: &[k, 1] };
            matmul(a, View { data: &b, shape: &[k, n], strides: &strides }, false, &mut out);
        });
    });
}

fn products(c: &mut Criterion) {
    for n in [8, 128, 256, 512, 1024] {
        product::<f32>(c, [n; 3], false);
        product::<f64>(c, [n; 3], false);
    }
    for shape in [[128, 784, 512], [128, 190, 190], [128, 512, 10], [32, 8, 50], [64, 64, 128], [1, 784, 512]] {
        product::<f32>(c, shape, false);
        product::<f32>(c, shape, true);
    }
}

fn convolutions(c: &mut Criterion) {
    for (channels, size) in [([1, 32], 28), ([32, 64], 14)] {
        let mut shape = ConvShape::new(64, channels, [size; 2], [3; 2]);
        shape.padding = [1; 2];
        let [nx, nw, ny] = shape.lens().expect("the kernel fits");
        let (mut x, mut w, mut y) = (numbers::<f32>(nx), numbers::<f32>(nw), numbers::<f32>(ny));
        let name = format!("{}x{size}x{size} to {}", channels[0], channels[1]);
        let mut group = c.benchmark_group("conv");
        group.bench_function(BenchmarkId::new("forward", &name), |b| b.iter(|| conv(&shape, &x, &w, None, &mut y)));
        group.bench_function(BenchmarkId::new("input adjoint", &name), |b| {
            b.iter(|| conv_input_adjoint(&shape, &y, &w, &mut x));
        });
        group.bench_function(BenchmarkId::new("weight adjoint", &name), |b| {
            b.iter(|| conv_weight_adjoint(&shape, &x, &y, &mut w));
        });
        group.finish();
        let pool = PoolShape { planes: 64 * channels[1], spatial: [size; 2], windows: [Windows::tiles(2); 2] };
        let (mut best, mut index) = (vec![0.0; ny / 4], vec![0; ny / 4]);
        c.bench_function(&format!("max pool 2x2/{size}"), |b| b.iter(|| max_pool(&pool, &y, &mut best, &mut index)));
    }
}

criterion_group!(benches, products, convolutions);
criterion_main!(benches);
