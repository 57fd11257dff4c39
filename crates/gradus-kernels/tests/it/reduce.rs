//! Reductions against a naive twin in `f64`, over shapes, strides and every choice of axes.

use gradus_kernels::view::Offsets;
use gradus_kernels::{View, reduce};

/// The elements of each output, by the definition.
fn groups(x: View<'_, f32>, reduced: &[bool]) -> Vec<Vec<f32>> {
    let pick = |want: bool| -> (Vec<usize>, Vec<usize>) {
        (0..x.shape.len()).filter(|&k| reduced[k] == want).map(|k| (x.shape[k], x.strides[k])).unzip()
    };
    let ((ks, kt), (rs, rt)) = (pick(false), pick(true));
    Offsets::new(&ks, &kt).map(|k| Offsets::new(&rs, &rt).map(|r| x.data[k + r]).collect()).collect()
}

fn numbers(n: usize) -> Vec<f32> {
    let mut state = 7_u64;
    (0..n)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as f32 / (1 << 22) as f32 - 2.0
        })
        .collect()
}

fn close(what: &str, got: f32, want: f64, scale: f64) {
    assert!((f64::from(got) - want).abs() <= 4e-7 * scale, "{what}: {got} instead of {want}");
}

fn check(x: View<'_, f32>, reduced: &[bool]) {
    let groups = groups(x, reduced);
    let k = groups.len();
    let fold = |f: fn(View<'_, f32>, &[bool], &mut [f32])| {
        let mut out = vec![f32::NAN; k];
        f(x, reduced, &mut out);
        out
    };
    let (sum, prod, max, min, lse) =
        (fold(reduce::sum), fold(reduce::prod), fold(reduce::max), fold(reduce::min), fold(reduce::log_sum_exp));
    let (mut mean, mut variance) = (vec![0.0; k], vec![0.0; k]);
    reduce::mean_variance(x, reduced, &mut mean, &mut variance);
    let (mut top, mut at, mut low, mut low_at) = (vec![0.0; k], vec![9; k], vec![0.0; k], vec![9; k]);
    let full = groups.first().is_some_and(|g| !g.is_empty());
    if full {
        reduce::arg_max(x, reduced, &mut top, &mut at);
        reduce::arg_min(x, reduced, &mut low, &mut low_at);
    }
    for (i, g) in groups.iter().enumerate() {
        let wide = |f: fn(f64) -> f64| g.iter().map(|&x| f(f64::from(x))).sum::<f64>();
        let n = g.len() as f64;
        close("sum", sum[i], wide(|x| x), wide(f64::abs));
        let product = g.iter().map(|&x| f64::from(x)).product::<f64>();
        assert!((f64::from(prod[i]) - product).abs() <= 1.2e-7 * n * product.abs() + 1e-37, "prod");
        assert_eq!(max[i], g.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        assert_eq!(min[i], g.iter().copied().fold(f32::INFINITY, f32::min));
        if full {
            close("lse", lse[i], wide(f64::exp).ln(), 4.0);
            let m = wide(|x| x) / n;
            close("mean", mean[i], m, 2.0);
            close("variance", variance[i], g.iter().map(|&x| (f64::from(x) - m).powi(2)).sum::<f64>() / n, 4.0);
            assert_eq!((top[i], at[i] as usize), (max[i], g.iter().position(|&x| x == max[i]).unwrap()));
            assert_eq!((low[i], low_at[i] as usize), (min[i], g.iter().position(|&x| x == min[i]).unwrap()));
        } else {
            assert!(lse[i] == f32::NEG_INFINITY && mean[i].is_nan());
        }
    }
}

#[test]
fn every_choice_of_axes_equals_the_definition() {
    let data = numbers(400_000);
    let cases: &[(&[usize], &[usize])] = &[
        (&[], &[]),
        (&[1], &[1]),
        (&[0], &[1]),
        (&[5, 0], &[0, 1]),
        (&[7], &[1]),
        (&[33], &[1]),
        (&[5000], &[3]),
        (&[3, 4, 5], &[20, 5, 1]),
        (&[4, 5, 3], &[5, 1, 20]),
        (&[3, 4, 5], &[5, 0, 1]),
        (&[2, 3, 1, 300], &[900, 300, 7, 1]),
        (&[300, 70], &[70, 1]),
        (&[70, 300], &[1, 70]),
        (&[300, 2, 65], &[130, 65, 1]),
        (&[600, 257], &[257, 1]),
        (&[2, 2, 300, 70], &[42_000, 21_000, 70, 1]),
        (&[2, 150_000], &[150_000, 1]),
        (&[150_000, 2], &[2, 1]),
        (&[3, 40_000], &[1, 3]),
        (&[130_000, 3], &[3, 1]),
    ];
    for &(shape, strides) in cases {
        for choice in 0..1 << shape.len() {
            let reduced: Vec<bool> = (0..shape.len()).map(|k| choice >> k & 1 == 1).collect();
            check(View { data: &data, shape, strides }, &reduced);
        }
    }
}

#[test]
fn ties_go_to_the_first_and_nan_wins() {
    let x = [1.0_f32, 3.0, f32::NAN, 3.0, 3.0, 2.0, f32::NAN, f32::NAN, 3.0];
    let view = View { data: &x, shape: &[3, 3], strides: &[3, 1] };
    let (mut top, mut at) = ([0.0; 3], [0; 3]);
    reduce::arg_max(view, &[false, true], &mut top, &mut at);
    assert!(top[0].is_nan() && top[1] == 3.0 && top[2].is_nan());
    assert_eq!(at, [2, 0, 0]);
    reduce::arg_min(view, &[true, false], &mut top, &mut at);
    assert!(top[0].is_nan() && top[1].is_nan() && top[2].is_nan());
    assert_eq!(at, [2, 2, 0]);
    // Far from the ends, in every lane.
    for n in [5, 40, 3000] {
        for i in 0..n {
            let mut x = vec![1.0_f32; n];
            x[i] = f32::NAN;
            let mut out = [0.0];
            reduce::max(View { data: &x, shape: &[n], strides: &[1] }, &[true], &mut out);
            assert!(out[0].is_nan(), "max lost the NaN at {i} of {n}");
            reduce::min(View { data: &x, shape: &[n], strides: &[1] }, &[true], &mut out);
            assert!(out[0].is_nan(), "min lost the NaN at {i} of {n}");
        }
    }
}

#[test]
fn long_sums_stay_accurate() {
    let n = 10_000_000;
    let x = vec![0.1_f32; n];
    let want = f64::from(0.1_f32) * n as f64;
    let mut out = [0.0];
    reduce::sum(View { data: &x, shape: &[n], strides: &[1] }, &[true], &mut out);
    // One number repeated is the worst case: its roundings agree. Added one by one the sum would be 9 % off.
    assert!((f64::from(out[0]) - want).abs() < 4e-7 * want, "{} instead of {want}", out[0]);
    let mut columns = [0.0; 10];
    reduce::sum(View { data: &x, shape: &[n / 10, 10], strides: &[10, 1] }, &[true, false], &mut columns);
    assert!((f64::from(columns[3]) - want / 10.0).abs() < 4e-8 * want);
    assert!((f64::from(reduce::dot(&x, &x)) / (want * f64::from(0.1_f32)) - 1.0).abs() < 4e-7);
    assert!((f64::from(reduce::sum_of_squares(&x)) / (want * f64::from(0.1_f32)) - 1.0).abs() < 4e-7);
}

#[test]
fn variance_does_not_cancel() {
    let x: Vec<f32> = numbers(10_000).iter().map(|x| x + 30_000.0).collect();
    let (mut mean, mut variance) = ([0.0], [0.0]);
    reduce::mean_variance(View { data: &x, shape: &[x.len()], strides: &[1] }, &[true], &mut mean, &mut variance);
    let m = x.iter().map(|&x| f64::from(x)).sum::<f64>() / 1e4;
    let v = x.iter().map(|&x| (f64::from(x) - m).powi(2)).sum::<f64>() / 1e4;
    assert!((f64::from(variance[0]) - v).abs() < 1e-5 * v, "{} instead of {v}", variance[0]);
}

#[test]
fn softmax_of_rows() {
    let mut x = numbers(7 * 53);
    x[60] = 200.0;
    x[110] = f32::NEG_INFINITY;
    let (mut p, mut l) = (vec![0.0; x.len()], vec![0.0; x.len()]);
    reduce::softmax_rows(&x, 53, &mut p);
    reduce::log_softmax_rows(&x, 53, &mut l);
    let (mut m, mut sums, mut q) = (vec![0.0; 7], vec![0.0; 7], vec![0.0; x.len()]);
    reduce::log_sum_exp_rows(&x, 53, &mut m, &mut sums);
    reduce::softmax_rows_with(&x, 53, &m, &sums, &mut q);
    for (q, p) in q.iter().zip(&p) {
        assert!((q - p).abs() <= 3e-6 * p + 1e-44, "{q} instead of {p}");
    }
    for ((x, p), l) in x.chunks(53).zip(p.chunks(53)).zip(l.chunks(53)) {
        let top = x.iter().copied().fold(f32::MIN, f32::max);
        let sum: f64 = x.iter().map(|&x| f64::from(x - top).exp()).sum();
        for i in 0..53 {
            let want = f64::from(x[i] - top).exp() / sum;
            assert!((f64::from(p[i]) - want).abs() <= 3e-7 * want + 1e-44, "{} instead of {want}", p[i]);
            assert!(l[i] == f32::NEG_INFINITY || (f64::from(l[i]) - want.ln()).abs() <= 1e-6 * (1.0 + want.ln().abs()));
        }
    }
}

#[test]
fn short_rows_over_a_large_number() {
    // Rows of three around ±10⁴: m + ln Σ would keep three digits of ln Σ.
    let x: Vec<f32> = (0..3000).map(|i| [1e4, -1e4][i / 3 % 2] + (i * 7919 % 1009) as f32 / 256.0).collect();
    let (mut m, mut l, mut p) = (vec![0.0; 1000], vec![0.0; 1000], vec![0.0; 3000]);
    reduce::log_sum_exp_rows(&x, 3, &mut m, &mut l);
    reduce::softmax_rows_with(&x, 3, &m, &l, &mut p);
    for (i, x) in x.chunks(3).enumerate() {
        let top = x.iter().copied().fold(f32::MIN, f32::max);
        let sum: f64 = x.iter().map(|&x| f64::from(x - top).exp()).sum();
        assert!(m[i] == top && (f64::from(l[i]) - sum.ln()).abs() <= 1e-6, "{} instead of {}", l[i], sum.ln());
        for (x, p) in x.iter().zip(&p[3 * i..]) {
            let want = f64::from(x - top).exp() / sum;
            assert!((f64::from(*p) - want).abs() <= 1e-6 * want, "{p} instead of {want}");
        }
    }
    let i = f32::INFINITY;
    let (mut m, mut l, mut p) = ([0.0; 2], [7.0; 2], [0.0; 4]);
    reduce::log_sum_exp_rows(&[i, 1.0, -i, -i], 2, &mut m, &mut l);
    reduce::softmax_rows_with(&[i, 1.0, -i, -i], 2, &m, &l, &mut p);
    assert_eq!((m, l), ([i, -i], [0.0; 2]));
    assert!(p.iter().all(|p| p.is_nan()), "{p:?}");
}

#[test]
fn infinities_in_log_sum_exp() {
    let (i, mut out) = (f32::INFINITY, [0.0]);
    for (x, want) in
        [([-i, -i], -i), ([-i, 2.0], 2.0), ([i, 1.0], i), ([i, -i], i), ([1e4, 1e4], 1e4 + std::f32::consts::LN_2)]
    {
        reduce::log_sum_exp(View { data: &x, shape: &[2], strides: &[1] }, &[true], &mut out);
        assert_eq!(out[0], want);
    }
}
