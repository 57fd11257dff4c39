//! Normalisation and modReLU against loops written from the formula in f64, and the cotangents against differences of the values.

use gradus_kernels::Real;
use gradus_kernels::norm::{
    ChannelPull, Channels, RowPull, channel_statistics, mod_relu, mod_relu_pull, normalise_channels, normalise_rows,
    pull_channels, pull_channels_again, pull_rows,
};
use gradus_kernels::random::{Key, fill_normal};

fn numbers(n: usize, seed: u64) -> Vec<f64> {
    let mut x = vec![0.0; n];
    fill_normal(Key([3, 1, 4, 1]).child(seed), 0, &mut x);
    x
}

fn near(a: &[f64], b: &[f64], tolerance: f64, what: &str) {
    assert_eq!(a.len(), b.len(), "{what}");
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        assert!((a - b).abs() <= tolerance * (1.0 + b.abs()), "{what} at {i}: {a} is not {b}");
    }
}

/// Mean and biased variance of picked numbers.
fn statistics(x: &[f64]) -> (f64, f64) {
    let n = x.len() as f64;
    let m = x.iter().sum::<f64>() / n;
    (m, x.iter().map(|x| (x - m) * (x - m)).sum::<f64>() / n)
}

/// ∂⟨y(x), g⟩/∂x by central differences at a few places.
fn differences(x: &[f64], y: impl Fn(&[f64]) -> f64, d: &[f64], what: &str) {
    let h = 1e-5;
    for i in (0..x.len()).step_by(x.len() / 7 + 1) {
        let moved = |by: f64| {
            let mut x = x.to_vec();
            x[i] += by;
            y(&x)
        };
        let expected = (moved(h) - moved(-h)) / (2.0 * h);
        assert!((d[i] - expected).abs() <= 1e-6 * (1.0 + expected.abs()), "{what} at {i}: {} is not {expected}", d[i]);
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn rows_are_those_of_the_formula() {
    for (rows, n) in [(1, 1), (3, 2), (5, 37), (300, 8), (2, 5000), (0, 4), (4, 0)] {
        let (x, g) = (numbers(rows * n, 1), numbers(rows * n, 2));
        let (gamma, delta) = (numbers(n, 3), numbers(n, 4));
        for centred in [true, false] {
            let what = format!("{rows} x {n}, centred {centred}");
            let shift = centred.then_some(&delta[..]);
            let value = |x: &[f64], gamma: &[f64], shift: Option<&[f64]>| {
                let (mut y, mut stats) = (vec![f64::NAN; rows * n], vec![f64::NAN; 2 * rows]);
                normalise_rows(x, gamma, shift, 1e-3, &mut stats, &mut y);
                (y, stats)
            };
            let (y, stats) = value(&x, &gamma, shift);
            let mut expected = Vec::new();
            for x in x.chunks_exact(n.max(1)) {
                let (m, v) = if centred { statistics(x) } else { (0.0, dot(x, x) / n as f64) };
                expected.extend(
                    (0..n).map(|j| (x[j] - m) / (v + 1e-3).sqrt() * gamma[j] + if centred { delta[j] } else { 0.0 }),
                );
            }
            near(&y, &expected, 1e-12, &what);
            let (mut dx, mut sums) = (vec![f64::NAN; rows * n], vec![f64::NAN; 2 * n]);
            pull_rows(RowPull { x: &x, g: &g, gamma: &gamma, stats: &stats, centred }, &mut dx, &mut sums);
            differences(&x, |x| dot(&value(x, &gamma, shift).0, &g), &dx, &format!("{what}: dx"));
            differences(&gamma, |c| dot(&value(&x, c, shift).0, &g), &sums[..n], &format!("{what}: dγ"));
            if centred {
                differences(&delta, |d| dot(&value(&x, &gamma, Some(d)).0, &g), &sums[n..], &format!("{what}: dδ"));
            }
        }
    }
}

#[test]
fn channels_are_those_of_the_formula() {
    // Features; planes too small for pieces of their own; few channels; a channel a piece, planes not a multiple of the lanes; long planes.
    for (n, c, l) in [(6, 5, 1), (300, 130, 1), (4, 9, 3), (3, 2, 50), (5, 9, 49), (2, 8, 6000), (3, 0, 4), (2, 3, 0)] {
        let shape = Channels { n, c, l };
        let (x, g) = (numbers(shape.len(), 1), numbers(shape.len(), 2));
        let (gamma, delta) = (numbers(c, 3), numbers(c, 4));
        let what = format!("{shape:?}");
        let value = |x: &[f64], gamma: &[f64], delta: &[f64]| {
            let (mut y, mut stats) = (vec![f64::NAN; shape.len()], vec![f64::NAN; 3 * c]);
            normalise_channels(shape, x, [gamma, delta], 1e-3, &mut stats, &mut y);
            (y, stats)
        };
        let (y, stats) = value(&x, &gamma, &delta);
        let mut expected = vec![0.0; shape.len()];
        for j in 0..if l == 0 { 0 } else { c } {
            let at: Vec<usize> = (0..n).flat_map(|i| (0..l).map(move |k| (i * c + j) * l + k)).collect();
            let (m, v) = statistics(&at.iter().map(|&k| x[k]).collect::<Vec<_>>());
            near(&stats[3 * j..3 * j + 3], &[m, 1.0 / (v + 1e-3).sqrt(), v], 1e-12, &what);
            at.iter().for_each(|&k| expected[k] = (x[k] - m) / (v + 1e-3).sqrt() * gamma[j] + delta[j]);
        }
        near(&y, &expected, 1e-11, &what);
        let (mut dx, mut sums) = (vec![f64::NAN; shape.len()], vec![f64::NAN; 2 * c]);
        pull_channels(ChannelPull { shape, x: &x, g: &g, gamma: &gamma, stats: &stats }, &mut dx, &mut sums);
        let part = |k: usize| sums.iter().skip(k).step_by(2).copied().collect::<Vec<_>>();
        differences(&x, |x| dot(&value(x, &gamma, &delta).0, &g), &dx, &format!("{what}: dx"));
        differences(&gamma, |v| dot(&value(&x, v, &delta).0, &g), &part(0), &format!("{what}: dγ"));
        differences(&delta, |v| dot(&value(&x, &gamma, v).0, &g), &part(1), &format!("{what}: dδ"));
        // The cotangents of ⟨u, dx⟩.
        let u = numbers(shape.len(), 5);
        let first = |x: &[f64], gamma: &[f64], g: &[f64]| {
            let (_, stats) = value(x, gamma, &delta);
            let (mut dx, mut sums) = (vec![f64::NAN; shape.len()], vec![f64::NAN; 2 * c]);
            pull_channels(ChannelPull { shape, x, g, gamma, stats: &stats }, &mut dx, &mut sums);
            dot(&dx, &u)
        };
        let (mut of_x, mut of_g, mut of_gamma) =
            (vec![f64::NAN; shape.len()], vec![f64::NAN; shape.len()], vec![f64::NAN; c]);
        let at = ChannelPull { shape, x: &x, g: &g, gamma: &gamma, stats: &stats };
        pull_channels_again(at, &u, [&mut of_x, &mut of_g], &mut of_gamma);
        differences(&x, |x| first(x, &gamma, &g), &of_x, &format!("{what}: again in x"));
        differences(&g, |g| first(&x, &gamma, g), &of_g, &format!("{what}: again in g"));
        differences(&gamma, |v| first(&x, v, &g), &of_gamma, &format!("{what}: again in γ"));
    }
}

#[test]
fn a_mean_far_from_0_costs_no_digits() {
    let shape = Channels { n: 4, c: 8, l: 100 };
    let x: Vec<f32> = (0..shape.len()).map(|i| 4096.0 + (i % 2) as f32).collect();
    let (mut y, mut stats) = (vec![0.0; x.len()], vec![0.0; 24]);
    normalise_channels(shape, &x, [&[1.0; 8], &[0.0; 8]], 0.0, &mut stats, &mut y);
    assert!(stats.chunks_exact(3).all(|s| s == [4096.5, 2.0, 0.25]), "{stats:?}");
    assert!(y.iter().all(|y| y.abs() == 1.0));
}

/// In f32, against the same numbers in f64, whose kernels are held to differences above.
#[test]
fn cotangents_far_from_0_cost_no_digits() {
    for (n, c, l) in [(64, 8, 1), (4, 8, 16), (3, 2, 5)] {
        let shape = Channels { n, c, l };
        let far = |seed, mean: f64| numbers(shape.len(), seed).iter().map(|x| (x + mean) as f32).collect::<Vec<_>>();
        let (x, u, g, gamma) = (far(1, 0.0), far(2, 4096.0), far(3, -4096.0), vec![1.5_f32; c]);
        let narrow = again(shape, &x, &u, &g, &gamma);
        let wide = |v: &[f32]| v.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        let expected = again(shape, &wide(&x), &wide(&u), &wide(&g), &wide(&gamma));
        for ((got, expected), what) in narrow.iter().zip(&expected).zip(["x", "g", "γ"]) {
            let largest = expected.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
            let apart = wide(got).iter().zip(expected).fold(0.0_f64, |m, (a, b)| m.max((a - b).abs()));
            assert!(apart <= 2e-3 * largest, "{shape:?} in {what}: {apart:e} apart, largest {largest}");
        }
    }
}

/// The cotangents of dx in x, g and γ.
fn again<T: Real>(shape: Channels, x: &[T], u: &[T], g: &[T], gamma: &[T]) -> [Vec<T>; 3] {
    let (c, zeros) = (shape.c, || vec![T::ZERO; shape.len()]);
    let (mut stats, mut of_x, mut of_g, mut of_gamma) = (vec![T::ZERO; 3 * c], zeros(), zeros(), vec![T::ZERO; c]);
    channel_statistics(shape, x, T::from_f64(1e-3), &mut stats);
    let at = ChannelPull { shape, x, g, gamma, stats: &stats };
    pull_channels_again(at, u, [&mut of_x, &mut of_g], &mut of_gamma);
    [of_x, of_g, of_gamma]
}

#[test]
fn mod_relu_is_that_of_the_formula() {
    for (rows, n) in [(1, 1), (7, 3), (400, 190), (0, 3), (3, 0)] {
        let (z, g) = (numbers(rows * n, 1), numbers(rows * n, 2));
        let b: Vec<f64> = numbers(n, 3).iter().map(|b| 0.3 * b).collect();
        let (mut y, mut dz, mut db) = (vec![f64::NAN; rows * n], vec![f64::NAN; rows * n], vec![f64::NAN; n]);
        mod_relu(&z, &b, &mut y);
        mod_relu_pull(&z, &b, &g, &mut dz, &mut db);
        let open = |i: usize| z[i].abs() + b[i % n] > 0.0;
        let of = |f: &dyn Fn(usize) -> f64| (0..rows * n).map(|i| if open(i) { f(i) } else { 0.0 }).collect::<Vec<_>>();
        near(&y, &of(&|i| z[i].signum() * (z[i].abs() + b[i % n])), 1e-15, "value");
        near(&dz, &of(&|i| g[i]), 0.0, "dz");
        let signed = of(&|i| g[i] * z[i].signum());
        let sums: Vec<f64> = (0..n).map(|j| signed.iter().skip(j).step_by(n).sum()).collect();
        near(&db, &sums, 1e-12, "db");
    }
    let (z, b) = ([0.0, -0.0, 1.0, f64::NAN], [2.0, 2.0, -1.0, 0.0]);
    let (mut y, mut dz, mut db) = ([9.0; 4], [9.0; 4], [9.0; 4]);
    mod_relu(&z, &b, &mut y);
    mod_relu_pull(&z, &b, &[1.0; 4], &mut dz, &mut db);
    assert_eq!((&y[..3], &dz[..3], &db[..3]), (&[0.0; 3][..], &[0.0; 3][..], &[0.0; 3][..]), "0, −0 and a shut gate");
    assert!(y[3].is_nan(), "a NaN stays one");
}
