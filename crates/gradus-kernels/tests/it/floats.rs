//! Laws of the bit work on floats, against the `half` crate and against formats spelt out code by code.

use gradus_kernels::floats::{
    Census, Exponents, Format, decompose, round_nearest, round_nearest_slice, round_stochastic, round_stochastic_slice,
};
use half::{bf16, f16};

/// Random bits, good enough for tests (splitmix64).
fn random(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }
}

fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

const FORMATS: [Format; 9] = [
    Format::FP16,
    Format::BF16,
    Format::TF32,
    Format::FP8_E4M3,
    Format::FP8_E5M2,
    Format::FP32,
    Format::FP64,
    Format::new(2, 1),
    Format::finite_only(3, 2),
];

/// All numbers ≥ 0 of a small format in rising order, from its codes.
fn all_numbers(exponent_bits: u32, mantissa_bits: u32, finite_only: bool) -> Vec<f64> {
    let bias = (1 << (exponent_bits - 1)) - 1;
    let top = (1 << exponent_bits) - 1;
    let mut numbers = Vec::new();
    for e in 0..=top {
        for m in 0..1 << mantissa_bits {
            let fraction = f64::from(m) / f64::from(1 << mantissa_bits);
            let is_number = if finite_only { e < top || m + 1 < 1 << mantissa_bits } else { e < top };
            if is_number {
                let value =
                    if e == 0 { fraction * 2_f64.powi(1 - bias) } else { (1.0 + fraction) * 2_f64.powi(e - bias) };
                numbers.push(value);
            }
        }
    }
    numbers
}

#[test]
fn parts_compose_to_the_number() {
    let mut bits = random(1);
    let special =
        [0.0, -0.0, 1.0, -6.5, f64::MAX, f64::MIN_POSITIVE, 5e-324, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
    for x in special.into_iter().chain((0..200_000).map(|_| f64::from_bits(bits()))) {
        let p = decompose(x);
        assert!(same(p.compose(), x), "{x:e}: {p:?}");
        if x.is_finite() {
            let normal = x.abs() >= f64::MIN_POSITIVE;
            assert!(if normal {
                (1.0..2.0).contains(&p.significand)
            } else {
                p.significand < 1.0 && p.exponent == -1022
            });
        }
        let y = f32::from_bits(x.to_bits() as u32 ^ (x.to_bits() >> 32) as u32);
        let p = decompose(y);
        assert!(same(p.compose().into(), y.into()), "{y:e}: {p:?}");
        if y.is_finite() {
            let normal = y.abs() >= f32::MIN_POSITIVE;
            assert!(if normal {
                (1.0..2.0).contains(&p.significand)
            } else {
                p.significand < 1.0 && p.exponent == -126
            });
        }
    }
}

#[test]
fn all_half_numbers_stay() {
    for code in 0..=u16::MAX {
        let (h, b) = (f16::from_bits(code).to_f32(), bf16::from_bits(code).to_f32());
        assert!(same(round_nearest(h, Format::FP16).into(), h.into()), "fp16 {code:#x}");
        assert!(same(round_nearest(b, Format::BF16).into(), b.into()), "bf16 {code:#x}");
        assert!(same(round_stochastic(h, Format::FP16, u32::from(code) << 16).into(), h.into()), "fp16 {code:#x}");
        assert!(same(round_stochastic(b, Format::BF16, 0).into(), b.into()), "bf16 {code:#x}");
    }
}

/// Every number of fp16 and bf16, its midpoints to the next, and the neighbours of these in f32.
#[test]
fn ties_and_their_neighbours_are_those_of_half() {
    for code in 0..u16::MAX {
        for (format, x, next) in [
            (Format::FP16, f16::from_bits(code).to_f64(), f16::from_bits(code + 1).to_f64()),
            (Format::BF16, bf16::from_bits(code).to_f64(), bf16::from_bits(code + 1).to_f64()),
        ] {
            let middle = (x / 2.0 + next / 2.0) as f32;
            if middle.is_finite() {
                for y in [middle, middle.next_up(), middle.next_down()] {
                    held_against_half(y, format);
                }
            }
        }
    }
}

#[test]
fn random_numbers_round_as_in_half() {
    let mut bits = random(2);
    let numbers = all_numbers(5, 10, false);
    for _ in 0..1_000_000 {
        let x = f32::from_bits(bits() as u32);
        held_against_half(x, Format::FP16);
        held_against_half(x, Format::BF16);
        // Exponents that fp16 has, and doubles.
        let x = f64::from_bits((bits() & !(0x7ff << 52)) | ((990 + bits() % 48) << 52));
        held_against_half(x as f32, Format::FP16);
        // `half` rounds doubles twice, so these are held against the list of all numbers.
        let size = x.abs();
        let i = numbers.partition_point(|&n| n <= size);
        let (below, above) = (numbers[i - 1], numbers[i]);
        let odd = (i - 1) % 2 == 1;
        let up = above - size < size - below || (above - size == size - below && odd);
        assert_eq!(round_nearest(size, Format::FP16), if up { above } else { below }, "{x:e}");
        assert!(same(round_nearest(x, Format::FP32), f64::from(x as f32)), "{x:e}");
    }
}

fn held_against_half(x: f32, format: Format) {
    let ours = round_nearest(x, format);
    let theirs = if format == Format::FP16 { f16::from_f32(x).to_f32() } else { bf16::from_f32(x).to_f32() };
    assert!(same(ours.into(), theirs.into()), "{x:e} in {format:?}: {ours:e}, half says {theirs:e}");
}

#[test]
fn small_formats_round_to_the_nearest_of_their_numbers() {
    for (format, e, m, finite_only) in [
        (Format::FP8_E4M3, 4, 3, true),
        (Format::FP8_E5M2, 5, 2, false),
        (Format::new(2, 1), 2, 1, false),
        (Format::finite_only(3, 2), 3, 2, true),
        (Format::new(6, 1).saturating(), 6, 1, false),
    ] {
        let numbers = all_numbers(e, m, finite_only);
        let max = numbers[numbers.len() - 1];
        assert_eq!(format.max(), max);
        assert_eq!(format.min_subnormal(), numbers[1]);
        for (i, pair) in numbers.windows(2).enumerate() {
            let middle = (pair[0] + pair[1]) / 2.0;
            let even = if i % 2 == 0 { pair[0] } else { pair[1] };
            for (x, nearest) in [
                (pair[0], pair[0]),
                (middle, even),
                (middle.next_down(), pair[0]),
                (middle.next_up(), pair[1]),
                (pair[0].next_up(), pair[0]),
                (pair[1].next_down(), pair[1]),
            ] {
                assert_eq!(round_nearest(x, format), nearest, "{x} in {format:?}");
                assert_eq!(round_nearest(-x, format), -nearest);
                let random = round_stochastic(x, format, u32::MAX / 2);
                assert!(random == pair[0] || random == pair[1] || x == random, "{x} in {format:?}: {random}");
            }
        }
        let beyond = if format.is_saturating() { max } else { f64::INFINITY };
        for x in [max * 1.5, 1e300, f64::INFINITY] {
            assert_eq!([round_nearest(x, format), round_stochastic(-x, format, 7)], [beyond, -beyond]);
        }
        assert!(round_nearest(f64::NAN, format).is_nan() && round_stochastic(f64::NAN, format, 0).is_nan());
    }
    assert_eq!([Format::FP8_E4M3.max(), Format::FP8_E5M2.max(), Format::FP16.max()], [448.0, 57_344.0, 65_504.0]);
    assert_eq!([Format::FP64.max(), Format::FP64.min_subnormal()], [f64::MAX, 5e-324]);
}

#[test]
fn nearest_is_idempotent_monotone_and_within_half_an_ulp() {
    let mut bits = random(3);
    for format in FORMATS {
        let mut x: Vec<f64> = (0..20_000)
            .map(|i| {
                if i % 2 == 0 {
                    f64::from_bits(bits())
                } else {
                    (bits() as f64 - 9.2e18) * 2_f64.powi((bits() % 60) as i32 - 90)
                }
            })
            .filter(|x| !x.is_nan())
            .collect();
        x.sort_by(f64::total_cmp);
        let y: Vec<f64> = x.iter().map(|&x| round_nearest(x, format)).collect();
        assert!(y.windows(2).all(|p| p[0] <= p[1]), "{format:?} is not monotone");
        for (&x, &y) in x.iter().zip(&y) {
            assert!(same(round_nearest(y, format), y), "{format:?}: {x:e}, {y:e}");
            for random in [0, 1 << 31, u32::MAX] {
                assert!(same(round_stochastic(y, format, random), y), "{format:?}: {y:e} moved");
            }
            if x.abs() <= format.max() {
                assert!((x - y).abs() <= format.ulp(x) / 2.0, "{format:?}: {x:e}, {y:e}");
            }
        }
    }
}

#[test]
fn stochastic_rounding_is_unbiased() {
    let mut bits = random(4);
    for (format, x) in [
        (Format::FP8_E4M3, 1.03),
        (Format::FP8_E4M3, 0.0007),
        (Format::BF16, -3.001),
        (Format::FP16, 1e-7),
        (Format::FP16, 65_503.0),
    ] {
        let n = 200_000;
        let (lower, ulp) = ((f64::abs(x) / format.ulp(x)).floor() * format.ulp(x), format.ulp(x));
        let mut sum = 0.0;
        for _ in 0..n {
            let y = round_stochastic(x, format, bits() as u32);
            assert!(y.abs() == lower || y.abs() == lower + ulp, "{x} gave {y}");
            sum += y;
        }
        let p = (x.abs() - lower) / ulp;
        let sigma = ulp * (p * (1.0 - p) / f64::from(n)).sqrt();
        let mean = sum / f64::from(n);
        assert!((mean - x).abs() <= 5.0 * sigma, "{x} in {format:?}: mean {mean}, sigma {sigma}");
    }
    // Exactly as many of all 2³² bit patterns go up as the formula says, seen at its edge.
    let x = 1.0 + 0.25 * Format::BF16.ulp(1.0);
    assert!(round_stochastic(x, Format::BF16, (1 << 30) - 1) > 1.0);
    assert_eq!(round_stochastic(x, Format::BF16, 1 << 30), 1.0);
}

#[test]
fn slices_agree_with_single_numbers() {
    let x: Vec<f32> = (0..100_003).map(|i| (i as f32 - 50_000.0) * 0.37).collect();
    let mut y = vec![0.0; x.len()];
    round_nearest_slice(&x, Format::FP8_E5M2, &mut y);
    assert!(x.iter().zip(&y).all(|(&x, &y)| y == round_nearest(x, Format::FP8_E5M2)));
    let bits = |i: usize| (i as u32).wrapping_mul(2_654_435_761);
    round_stochastic_slice(&x, Format::BF16, bits, &mut y);
    assert!(x.iter().zip(&y).enumerate().all(|(i, (&x, &y))| y == round_stochastic(x, Format::BF16, bits(i))));
}

#[test]
fn a_census_counts_each_number_once() {
    let x = [0.0, -0.0, 1e-9, 3e-8, 6e-5, 6.2e-5, 1.0, 65_504.0, 65_519.9, 65_520.0, -1e9, f64::INFINITY, f64::NAN];
    let census = Census::of(&x, Format::FP16);
    let expected = Census { zero: 2, underflow: 1, subnormal: 2, normal: 4, overflow: 2, infinite: 1, nan: 1 };
    assert_eq!(census, expected);
    // Against half: the classes of what it makes of every f32 of a sample.
    let mut bits = random(5);
    let x: Vec<f32> = (0..100_000).map(|_| f32::from_bits(bits() as u32)).collect();
    let count = |f: &dyn Fn(f32, f16) -> bool| x.iter().filter(|&&x| f(x, f16::from_f32(x))).count() as u64;
    let theirs = Census {
        zero: count(&|x, _| x == 0.0),
        underflow: count(&|x, h| x != 0.0 && h == f16::ZERO),
        subnormal: count(&|_, h| h.classify() == std::num::FpCategory::Subnormal),
        normal: count(&|_, h| h.is_normal()),
        overflow: count(&|x, h| x.is_finite() && h.is_infinite()),
        infinite: count(&|x, _| x.is_infinite()),
        nan: count(&|x, _| x.is_nan()),
    };
    assert_eq!(Census::of(&x, Format::FP16), theirs);
}

#[test]
fn exponents_are_counted() {
    let x = [1.0_f32, 1.5, -2.0, 0.25, 0.0, f32::NAN, f32::INFINITY, 3.0];
    let e = Exponents::of(&x);
    assert_eq!((e.lowest, e.counts.as_slice()), (-2, &[1, 0, 2, 2][..]));
    assert_eq!((e.at(0), e.at(1), e.at(-1), e.at(99), e.total()), (2, 2, 0, 0, 5));
    assert_eq!(Exponents::of::<f64>(&[0.0]), Exponents::default());
    assert_eq!(Exponents::of(&[5e-324, f64::MIN_POSITIVE]).lowest, -1074);
    assert_eq!(Exponents::of(&[f32::from_bits(1)]).lowest, -149);
}
