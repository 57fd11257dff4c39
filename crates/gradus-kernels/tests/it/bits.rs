//! Every family of kernels gives the same bits for 1, 2, 3 and 7 threads.

use gradus_kernels::conv::{ConvShape, conv, conv_input_adjoint, conv_weight_adjoint};
use gradus_kernels::linalg::{qr_thin, skew_expm, skew_expm_aux_len};
use gradus_kernels::matmul::{matmul, matmul_onto_row};
use gradus_kernels::norm::{
    ChannelPull, Channels, RowPull, mod_relu_pull, normalise_channels, normalise_rows, pull_channels, pull_rows,
};
use gradus_kernels::pooling::{PoolShape, Windows, average_pool, average_pool_adjoint, max_pool};
use gradus_kernels::random::{Key, fill_normal, fill_uniform};
use gradus_kernels::threads::set_threads;
use gradus_kernels::{View, elementwise, reduce};

const KEY: Key = Key([1, 2, 3, 4]);

fn numbers(n: usize) -> Vec<f32> {
    let mut x = vec![0.0; n];
    fill_normal(KEY.child(n as u64), 0, &mut x);
    x
}

fn same_bits(name: &str, run: impl Fn() -> Vec<f32>) {
    let bits = |threads: usize| -> Vec<u32> {
        set_threads(threads);
        run().iter().map(|x| x.to_bits()).collect()
    };
    let one = bits(1);
    for threads in [2, 3, 7] {
        assert!(bits(threads) == one, "{name}: other bits with {threads} threads");
    }
}

/// Row-major, or transposed in storage.
fn strides([r, c]: [usize; 2], transposed: bool) -> [usize; 2] {
    if transposed { [1, r] } else { [c, 1] }
}

#[test]
fn products_and_rows_below_them() {
    let shapes =
        [(150, 170, 190), (300, 64, 10), (3, 500, 700), (1, 600, 900), (900, 600, 1), (2, 900, 400), (1, 9, 3)];
    for (m, k, n) in shapes {
        let (a, b) = (numbers(m * k), numbers(k * n));
        for (ta, tb) in [(false, false), (true, false), (false, true), (true, true)] {
            let (sa, sb) = (strides([m, k], ta), strides([k, n], tb));
            let va = View { data: &a, shape: &[m, k], strides: &sa };
            let vb = View { data: &b, shape: &[k, n], strides: &sb };
            let plain = || {
                let mut out = vec![1.0; m * n];
                matmul(va, vb, true, &mut out);
                out
            };
            let row = numbers(n);
            let with = || {
                let mut out = vec![7.0; m * n];
                matmul_onto_row(va, vb, &row, &mut out);
                out
            };
            let name = format!("matmul {m} x {k} x {n}, transposed {ta} {tb}");
            same_bits(&name, plain);
            same_bits(&name, with);
            let mut expected = row.repeat(m);
            matmul(va, vb, true, &mut expected);
            assert!(with() == expected, "{name}: matmul_onto_row is not a product added to filled rows");
        }
    }
    let none = View { data: &[], shape: &[2, 0], strides: &[1, 1] };
    let mut out = vec![7.0; 4];
    matmul_onto_row(none, View { shape: &[0, 2], ..none }, &[1.0, 2.0], &mut out);
    assert_eq!(out, [1.0, 2.0, 1.0, 2.0], "a product of nothing onto a row");
}

#[test]
fn batched_products() {
    let (a, b) = (numbers(5 * 40 * 30), numbers(5 * 30 * 50));
    same_bits("batched matmul", || {
        let mut out = vec![0.0; 5 * 40 * 50];
        let va = View { data: &a, shape: &[5, 40, 30], strides: &[1200, 30, 1] };
        matmul(va, View { data: &b, shape: &[5, 30, 50], strides: &[1500, 50, 1] }, false, &mut out);
        out
    });
}

#[test]
fn convolution_and_adjoints() {
    for groups in [1, 4] {
        let shape = ConvShape { groups, padding: [1; 2], ..ConvShape::new(6, [8, 16], [20, 20], [3, 3]) };
        let [nx, nw, ny] = shape.lens().unwrap();
        let (x, w, g) = (numbers(nx), numbers(nw), numbers(ny));
        let run = |len: usize, f: &dyn Fn(&mut [f32])| {
            let mut out = vec![0.0; len];
            f(&mut out);
            out
        };
        same_bits("conv", || run(ny, &|out| conv(&shape, &x, &w, None, out)));
        same_bits("conv_input_adjoint", || run(nx, &|out| conv_input_adjoint(&shape, &g, &w, out)));
        same_bits("conv_weight_adjoint", || run(nw, &|out| conv_weight_adjoint(&shape, &x, &g, out)));
    }
}

#[test]
fn pools() {
    for kernel in [2, 3] {
        let shape = PoolShape { planes: 200, spatial: [28, 28], windows: [Windows::tiles(kernel); 2] };
        let [oh, ow] = shape.output().unwrap();
        let (x, g) = (numbers(200 * 28 * 28), numbers(200 * oh * ow));
        same_bits("pooling", || {
            let (mut y, mut best, mut back) = (vec![0.0; g.len()], vec![0.0; g.len()], vec![0.0; x.len()]);
            average_pool(&shape, true, &x, &mut y);
            max_pool(&shape, &x, &mut best, &mut vec![0; g.len()]);
            average_pool_adjoint(&shape, true, &g, &mut back);
            [y, best, back].concat()
        });
    }
}

#[test]
fn reductions_and_softmax() {
    let x = numbers(400 * 300);
    let view = View { data: &x, shape: &[400, 300], strides: &[300, 1] };
    for (reduced, n) in [([true, false], 300), ([false, true], 400), ([true, true], 1)] {
        same_bits("reductions", || {
            let mut out = vec![vec![0.0; n]; 4];
            let [s, l, mean, variance] = &mut out[..] else { unreachable!() };
            reduce::sum(view, &reduced, s);
            reduce::log_sum_exp(view, &reduced, l);
            reduce::mean_variance(view, &reduced, mean, variance);
            out.concat()
        });
    }
    same_bits("softmax_rows", || {
        let mut y = vec![0.0; x.len()];
        reduce::softmax_rows(&x, 300, &mut y);
        y
    });
}

#[test]
fn elementwise_and_random_fills() {
    let x = numbers(300_000);
    same_bits("elementwise", || {
        let mut y = vec![0.0; x.len()];
        let view = View { data: &x, shape: &[300, 1000], strides: &[1, 300] };
        elementwise([view], &mut y, |[x], y| y.iter_mut().zip(x).for_each(|(y, x)| *y = x * x - 0.1));
        y
    });
    same_bits("random fills", || {
        let mut y = vec![0.0; 200_001];
        let (a, b) = y.split_at_mut(100_000);
        fill_normal(KEY, 3, a);
        fill_uniform(KEY, 5, b);
        y
    });
}

#[test]
fn factorisations() {
    let n = 130;
    let a = numbers(n * n);
    same_bits("skew_expm", || {
        let (mut q, mut aux) = (vec![0.0; n * n], vec![0.0; skew_expm_aux_len::<f32>(n)]);
        skew_expm(n, &a, &mut q, &mut aux).unwrap();
        q
    });
    same_bits("qr_thin", || {
        let (mut q, mut r) = (vec![0.0; n * n], vec![0.0; n * n]);
        qr_thin(n, n, &a, &mut q, &mut r);
        [q, r].concat()
    });
}

#[test]
fn normalisation() {
    for (n, c, l) in [(64, 9, 700), (700, 300, 1), (40, 3, 900)] {
        let shape = Channels { n, c, l };
        let (x, gamma) = (numbers(shape.len()), numbers(c));
        same_bits(&format!("batch norm {shape:?}"), || {
            let (mut y, mut stats) = (vec![0.0; x.len()], vec![0.0; 3 * c]);
            normalise_channels(shape, &x, [&gamma, &gamma], 1e-5, &mut stats, &mut y);
            let (mut dx, mut sums) = (vec![0.0; x.len()], vec![0.0; 2 * c]);
            pull_channels(ChannelPull { shape, x: &x, g: &y, gamma: &gamma, stats: &stats }, &mut dx, &mut sums);
            [y, stats, dx, sums].concat()
        });
    }
    let (rows, n) = (700, 190);
    let (x, gamma) = (numbers(rows * n), numbers(n));
    same_bits("layer norm", || {
        let (mut y, mut stats) = (vec![0.0; x.len()], vec![0.0; 2 * rows]);
        normalise_rows(&x, &gamma, Some(&gamma), 1e-5, &mut stats, &mut y);
        let (mut dx, mut sums) = (vec![0.0; x.len()], vec![0.0; 2 * n]);
        pull_rows(RowPull { x: &x, g: &y, gamma: &gamma, stats: &stats, centred: true }, &mut dx, &mut sums);
        [y, stats, dx, sums].concat()
    });
    same_bits("modReLU", || {
        let (mut dz, mut db) = (vec![0.0; x.len()], vec![0.0; n]);
        mod_relu_pull(&x, &gamma, &x, &mut dz, &mut db);
        [dz, db].concat()
    });
}
