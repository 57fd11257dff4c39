//! Laws of the random numbers by counter: known answers, independence of the cut, and the distributions.

use gradus_kernels::Real;
use gradus_kernels::random::{
    Key, bernoulli_keep, fill_bits, fill_normal, fill_normal_with, fill_truncated_normal, fill_uniform,
    fill_uniform_between, fill_uniform_open, philox4x32_10, select,
};
use std::f64::consts::PI;

const KEY: Key = Key([0x1234_5678, 0x9ABC_DEF0, 0x0F1E_2D3C, 0x4B5A_6978]);

/// The three known answers that Random123 ships for philox4x32 with ten rounds.
#[test]
fn known_answers() {
    assert_eq!(philox4x32_10([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
    assert_eq!(philox4x32_10([!0; 4], [!0; 2]), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
    assert_eq!(
        philox4x32_10([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]),
        [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
    );
}

/// Word `i` of a stream, one at a time.
fn word(key: Key, i: u64) -> u32 {
    let (tile, row, lane) = (i / 128, i % 128 / 32, i % 32);
    let block = tile * 32 + lane;
    let k = key.0;
    philox4x32_10([block as u32, (block >> 32) as u32, k[2], k[3]], [k[0], k[1]])[row as usize]
}

#[test]
fn bits_are_philox_blocks_in_tiles() {
    for start in [0, 5, 128, 100_003, (1 << 34) + 17, (1 << 39) - 64] {
        let mut out = [0; 333];
        fill_bits(KEY, start, &mut out);
        for (i, &w) in out.iter().enumerate() {
            assert_eq!(w, word(KEY, start + i as u64), "element {i} from {start}");
        }
    }
}

/// Any cut of any fill gives the bits of the whole.
fn any_cut<T: Copy + Default + PartialEq + std::fmt::Debug>(fill: impl Fn(u64, &mut [T])) {
    let mut whole = vec![T::default(); 100_000];
    fill(3, &mut whole);
    for (from, to) in [(0, 0), (0, 1), (1, 2), (124, 126), (125, 253), (60_000, 99_999), (32_765, 65_540)] {
        let mut part = vec![T::default(); to - from];
        fill(3 + from as u64, &mut part);
        assert_eq!(part, whole[from..to]);
    }
}

fn any_cut_of<T: Real>() {
    any_cut(|start, out: &mut [T]| fill_uniform(KEY, start, out));
    any_cut(|start, out: &mut [T]| fill_uniform_open(KEY, start, out));
    any_cut(|start, out: &mut [T]| fill_uniform_between(KEY, start, -T::ONE, T::ONE, out));
    any_cut(|start, out: &mut [T]| fill_normal(KEY, start, out));
    any_cut(|start, out: &mut [T]| fill_truncated_normal(KEY, start, T::ONE, out));
    for keep in [0.25, 0.3, 1.5 / 65_536.0] {
        any_cut(|start, out: &mut [T]| bernoulli_keep(KEY, start, keep, T::ONE, out));
    }
}

#[test]
fn the_cut_does_not_matter() {
    any_cut(|start, out: &mut [u32]| fill_bits(KEY, start, out));
    any_cut_of::<f32>();
    any_cut_of::<f64>();
}

#[test]
fn uniforms_are_words_scaled() {
    let (mut u, mut open, mut between, mut v) = ([0.0_f32; 500], [0.0_f32; 500], [0.0_f32; 500], [0.0_f64; 500]);
    fill_uniform(KEY, 0, &mut u);
    fill_uniform_open(KEY, 0, &mut open);
    fill_uniform_between(KEY, 0, -0.3, 0.3, &mut between);
    fill_uniform(KEY, 0, &mut v);
    for i in 0..500 {
        let w = word(KEY, i as u64);
        assert_eq!(f64::from(u[i]), f64::from(w >> 8) / 2f64.powi(24));
        assert_eq!(f64::from(open[i]), f64::from((w >> 8) | 1) / 2f64.powi(24));
        assert_eq!(between[i], 0.3 * (2.0 * u[i] - 1.0));
        let at = (i / 64 * 128 + i % 64 / 32 * 64 + i % 32) as u64;
        let bits = u64::from(word(KEY, at)) << 32 | u64::from(word(KEY, at + 32));
        assert_eq!(v[i], (bits >> 12) as f64 / 2f64.powi(52));
    }
}

/// Against Box-Muller with the platform's functions on the same words.
#[test]
fn normals_are_box_muller() {
    let angle = |v: u64, bits: u32| {
        let x = ((v << (66 - bits)) as i64 >> 12) as f64 / 2f64.powi(52) * (PI / 2.0);
        let c = if v >> (bits - 1) & 1 == 1 { -x.cos() } else { x.cos() };
        if v >> (bits - 2) & 1 == 1 { [x.sin(), c] } else { [c, x.sin()] }
    };
    let (mut z, mut y) = ([0.0_f32; 6400], [0.0_f64; 6400]);
    fill_normal(KEY, 0, &mut z);
    fill_normal(KEY, 0, &mut y);
    for i in 0..6400_usize {
        let at = (i / 64 * 64 + i % 32) as u64;
        // The uniform is an f32, and its rounding part of the definition.
        let u = f64::from((word(KEY, at) >> 1) as f32 / 2f32.powi(31) + 2f32.powi(-32));
        let want = (-2.0 * u.ln()).sqrt() * angle(u64::from(word(KEY, at + 32)), 32)[i % 64 / 32];
        assert!((f64::from(z[i]) - want).abs() <= 4e-7 * want.abs(), "f32, {i}: {} for {want}", z[i]);

        let at = (i / 64 * 128 + i % 32) as u64;
        let pair = |k| u64::from(word(KEY, at + k)) << 32 | u64::from(word(KEY, at + k + 32));
        let u = ((pair(0) >> 12) as f64 + 0.5) / 2f64.powi(52);
        let want = (-2.0 * u.ln()).sqrt() * angle(pair(64), 64)[i % 64 / 32];
        assert!((y[i] - want).abs() <= 1e-15 * (1.0 + want.abs()), "f64, {i}: {} for {want}", y[i]);
    }
}

/// Largest distance between the empirical distribution and `cdf`, times √n: above 1.95 with probability 0.001.
fn kolmogorov(mut x: Vec<f64>, cdf: impl Fn(f64) -> f64) -> f64 {
    x.sort_by(f64::total_cmp);
    let n = x.len() as f64;
    let gap = |(i, &x): (usize, &f64)| (cdf(x) - i as f64 / n).max((i + 1) as f64 / n - cdf(x));
    x.iter().enumerate().map(gap).fold(0.0, f64::max) * n.sqrt()
}

/// Φ by the series of the error function (small |z|) and its continued fraction.
fn phi(z: f64) -> f64 {
    if z.abs() < 3.0 {
        let (mut term, mut sum) = (z, z);
        for k in 1..80 {
            term *= z * z / f64::from(2 * k + 1);
            sum += term;
        }
        return 0.5 + sum * (-z * z / 2.0).exp() / (2.0 * PI).sqrt();
    }
    let tail = (1..60).rev().fold(0.0, |f, k| f64::from(k) / (z.abs() + f));
    let q = (-z * z / 2.0).exp() / (2.0 * PI).sqrt() / (z.abs() + tail);
    if z > 0.0 { 1.0 - q } else { q }
}

fn distributions<T: Real>(key: Key) {
    const N: usize = 200_000;
    let draw = |fill: &dyn Fn(&mut [T])| {
        let mut x = vec![T::ZERO; N];
        fill(&mut x);
        x.into_iter().map(T::to_f64).collect::<Vec<_>>()
    };
    let z = draw(&|out| fill_normal(key.child(0), 0, out));
    // Mean, variance, skewness and fourth moment of a normal sample within 5 sigma.
    let moment = |k: i32| z.iter().map(|z| z.powi(k)).sum::<f64>() / N as f64;
    for (k, mean, var) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)] {
        assert!((moment(k) - mean).abs() < 5.0 * f64::sqrt(var / N as f64), "moment {k}: {}", moment(k));
    }
    // The two halves of a Box-Muller pair, and neighbours, are uncorrelated, and so are their squares.
    for lag in [1, 32, 64] {
        let pairs = || z.iter().zip(&z[lag..]);
        let r = pairs().map(|(a, b)| a * b).sum::<f64>() / (N as f64).sqrt();
        let q = pairs().map(|(a, b)| (a * a - 1.0) * (b * b - 1.0)).sum::<f64>() / 2.0 / (N as f64).sqrt();
        assert!(r.abs() < 5.0 && q.abs() < 5.0, "lag {lag}: {r} and {q} sigma");
    }
    assert!(kolmogorov(z, phi) < 1.95);

    let t = draw(&|out| fill_truncated_normal(key.child(1), 0, T::from_f64(2.0), out));
    assert!(t.iter().all(|t| t.abs() <= 2.0));
    assert!(kolmogorov(t, |t| (phi(t) - phi(-2.0)) / (1.0 - 2.0 * phi(-2.0))) < 1.95);

    let u = draw(&|out| fill_uniform(key.child(2), 0, out));
    assert!(u.iter().all(|u| (0.0..1.0).contains(u)));
    assert!(kolmogorov(u, |u| u) < 1.95);

    let shifted = draw(&|out| fill_normal_with(key.child(3), 0, T::from_f64(-3.0), T::from_f64(0.5), out));
    assert!(kolmogorov(shifted, |x| phi((x + 3.0) / 0.5)) < 1.95);
}

#[test]
fn distributions_are_right() {
    assert!((phi(1.0) - 0.841_344_746_068_543).abs() < 1e-14 && (phi(-4.0) - 3.167_124_183_311_99e-5).abs() < 1e-16);
    distributions::<f32>(KEY);
    distributions::<f64>(KEY.child(9));
}

/// The test of the tester: a stream that is a little off is caught.
#[test]
fn a_wrong_scale_is_caught() {
    let mut z = vec![0.0; 200_000];
    fill_normal_with(KEY, 0, 0.0, 1.03, &mut z);
    assert!(kolmogorov(z, phi) > 1.95);
}

#[test]
fn masks_keep_their_share() {
    const N: usize = 1 << 20;
    let mut mask = vec![0.0_f32; N];
    for keep in [0.0, 1e-6, 0.2, 0.5, 0.9, 1.0] {
        bernoulli_keep(KEY, 0, keep, 3.0, &mut mask);
        let kept = mask.iter().filter(|&&m| m == 3.0).count();
        assert_eq!(kept + mask.iter().filter(|&&m| m == 0.0).count(), N);
        let sigma = (keep * (1.0 - keep) * N as f64).sqrt();
        assert!((kept as f64 - keep * N as f64).abs() <= 5.0 * sigma, "keep {keep}: {kept} of {N}");
    }
}

#[test]
fn masks_are_parts_of_words() {
    const N: usize = 10_000;
    let mut words = [0_u32; N];
    fill_bits(KEY, 0, &mut words);
    // A multiple of 1/256 takes a byte a number, any other probability a half.
    let mut mask = [0_u8; N];
    bernoulli_keep(KEY, 0, 0.75, 1, &mut mask);
    assert!((0..N).all(|i| mask[i] == u8::from((words[i / 4] >> (8 * (i % 4)) & 0xFF) < 192)));
    bernoulli_keep(KEY, 0, 0.8, 1, &mut mask);
    // 0.8 is 0xCCCC_CCCC…: a half of 0xCCCC is decided by bits of its own.
    let half = |i: usize| words[i / 2] >> (16 * (i % 2)) & 0xFFFF;
    assert!((0..N).all(|i| mask[i] == u8::from(half(i) < 0xCCCC) || half(i) == 0xCCCC));
}

#[test]
fn probabilities_finer_than_a_half_word_are_met() {
    const N: usize = 1 << 24;
    let mut mask = vec![0_u8; N];
    // Expected and met within five standard deviations, where rounding to 16 bits would give 0, 256 or 512.
    for (keep, expected) in [(0.5 / 65_536.0, 128.0), (1.5 / 65_536.0, 384.0), (1.0 - 0.5 / 65_536.0, N as f64 - 128.0)]
    {
        bernoulli_keep(KEY, 0, keep, 1, &mut mask);
        let kept = mask.iter().map(|&m| f64::from(m)).sum::<f64>();
        let sigma = f64::sqrt(keep * (1.0 - keep) * N as f64);
        assert!((kept - expected).abs() < 5.0 * sigma, "keep {keep}: {kept}, expected {expected}");
    }
}

#[test]
fn dropout_is_input_times_mask() {
    let n = 70_000;
    let (mut x, mut y, mut mask) = (vec![0.0_f32; n], vec![0.0; n], vec![0.0; n]);
    fill_normal(KEY.child(1), 0, &mut x);
    let mut bits = vec![7_u8; n];
    bernoulli_keep(KEY, 11, 0.8, 1, &mut bits);
    select(&bits, 1.25, &x, &mut y);
    bernoulli_keep(KEY, 11, 0.8, 1.25, &mut mask);
    assert!((0..n).all(|i| y[i] == x[i] * mask[i]));
    // What is dropped is 0, whatever it was.
    select(&bits, 1.25, &vec![f32::NAN; n], &mut y);
    assert!((0..n).all(|i| if mask[i] == 0.0 { y[i] == 0.0 } else { y[i].is_nan() }));
    bernoulli_keep(KEY, 0, 0.0, 1, &mut bits);
    assert!(bits.iter().all(|&b| b == 0));
}

#[test]
fn children_and_keys_differ() {
    let mut seen = std::collections::HashSet::new();
    for n in 0..1000 {
        assert!(seen.insert(KEY.child(n)) && seen.insert(Key::from(u128::from(n)).child(0)));
    }
    assert_eq!(
        u128::from(Key::from(0x0123_4567_89AB_CDEF_0246_8ACE_1357_9BDF_u128)),
        0x0123_4567_89AB_CDEF_0246_8ACE_1357_9BDF
    );
    // Streams of parent and child agree in no more bits than chance allows.
    let (mut a, mut b) = ([0; 10_000], [0; 10_000]);
    fill_bits(KEY, 0, &mut a);
    fill_bits(KEY.child(0), 0, &mut b);
    let differ: u32 = a.iter().zip(&b).map(|(a, b)| (a ^ b).count_ones()).sum();
    assert!((f64::from(differ) - 160_000.0).abs() < 5.0 * (80_000_f64).sqrt(), "{differ}");
}

#[test]
#[should_panic(expected = "the probability must lie in [0, 1], got 1.5")]
fn a_probability_above_one_is_refused() {
    bernoulli_keep(KEY, 0, 1.5, 1.0_f32, &mut []);
}
