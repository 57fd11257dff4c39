//! Vectorised mathematics and reductions, `f32`, on one thread's worth of data: 10⁵ numbers, and small calls.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gradus_kernels::{Map, Real, View, elementwise, lanes, map, map_near, reduce};
use std::hint::black_box;

lanes!(Exp, |s, [x]| x.exp(s));
lanes!(Ln, |s, [x]| x.ln(s));
lanes!(Ln1p, |s, [x]| x.ln_1p(s));
lanes!(Tanh, |s, [x]| x.tanh(s));
lanes!(Sigmoid, |s, [x]| x.sigmoid(s));
lanes!(Softplus, |s, [x]| x.softplus(s));
lanes!(Erf, |s, [x]| x.erf(s));
lanes!(NormalCdf, |s, [x]| x.normal_cdf(s));
lanes!(Sin, |s, [x]| x.sin(s));
lanes!(Cos, |s, [x]| x.cos(s));

lanes!(ExpNear, |s, [x]| x.exp_near(s));
lanes!(LnNear, |s, [x]| x.ln_near(s));
lanes!(SinNear, |s, [x]| x.sin_near(s));
lanes!(CosNear, |s, [x]| x.cos_near(s));

fn lane<M: Map<f32, 1>>(c: &mut Criterion, name: &str, f: M) {
    function(c, name, |x, y| map(f, x, y));
}

fn function(c: &mut Criterion, name: &str, f: impl Fn([&[f32]; 1], &mut [f32]) + Sync) {
    let mut group = c.benchmark_group(name);
    for n in [16, 100_000] {
        let x: Vec<f32> = (0..n).map(|i| 0.01 + (i % 997) as f32 * 0.003).collect();
        let mut y = vec![0.0; n];
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(n.to_string(), |b| {
            b.iter(|| {
                let x = View { data: black_box(&x[..]), shape: &[n], strides: &[1] };
                elementwise([x], &mut y, &f);
            });
        });
    }
}

fn reductions(c: &mut Criterion) {
    let x: Vec<f32> = (0..100_000).map(|i| (i % 997) as f32 * 0.003).collect();
    let mut group = c.benchmark_group("reduce");
    group.throughput(Throughput::Elements(100_000));
    let flat = View { data: &x[..], shape: &[100_000], strides: &[1] };
    let table = View { data: &x[..], shape: &[1000, 100], strides: &[100, 1] };
    let (mut all, mut rows, mut columns, mut y) = ([0.0], [0.0; 1000], [0.0; 100], vec![0.0; x.len()]);
    group.bench_function("sum", |b| b.iter(|| reduce::sum(black_box(flat), &[true], &mut all)));
    group.bench_function("max", |b| b.iter(|| reduce::max(black_box(flat), &[true], &mut all)));
    group.bench_function("dot", |b| b.iter(|| reduce::dot(black_box(&x), &x)));
    group.bench_function("sum of rows", |b| b.iter(|| reduce::sum(black_box(table), &[false, true], &mut rows)));
    group.bench_function("sum of columns", |b| b.iter(|| reduce::sum(black_box(table), &[true, false], &mut columns)));
    group.bench_function("softmax of rows", |b| b.iter(|| reduce::softmax_rows(black_box(&x), 100, &mut y)));
}

fn benches(c: &mut Criterion) {
    function(c, "exp", |x, y| map_near(ExpNear, Exp, f32::is_near_for_exp, x, y));
    function(c, "ln", |x, y| map_near(LnNear, Ln, f32::is_near_for_ln, x, y));
    lane(c, "ln_1p", Ln1p);
    lane(c, "tanh", Tanh);
    lane(c, "sigmoid", Sigmoid);
    lane(c, "softplus", Softplus);
    lane(c, "erf", Erf);
    lane(c, "normal_cdf", NormalCdf);
    function(c, "sin", |x, y| map_near(SinNear, Sin, f32::is_near_for_sin, x, y));
    function(c, "cos", |x, y| map_near(CosNear, Cos, f32::is_near_for_sin, x, y));
    reductions(c);
}

criterion_group!(all, benches);
criterion_main!(all);
