//! The variance of weights, of what they do to signals and of what they do to gradients, within 5 sigma of the formulas.

use crate::rng;
use gradus_init::ndarray::{Array1, Array2, Array4};
use gradus_init::{
    Distribution, Fan, Fans, Real, Scheme, Target, VarianceScaling, glorot_normal, glorot_truncated, glorot_uniform,
    he_normal, he_truncated, he_uniform, inverse_sqrt_uniform, inverse_sqrt_uniform_of, lecun_normal, lecun_truncated,
    lecun_uniform, normal, sparse, truncated_normal, uniform,
};

/// Mean and variance within 5 sigma, for numbers of this kurtosis E[x⁴]/σ⁴.
fn holds(w: &[f64], mean: f64, variance: f64, kurtosis: f64, what: &str) {
    let n = w.len() as f64;
    let m = w.iter().sum::<f64>() / n;
    let v = w.iter().map(|w| (w - mean).powi(2)).sum::<f64>() / n;
    assert!((m - mean).abs() < 5.0 * (variance / n).sqrt(), "{what}: mean {m} for {mean}");
    assert!(
        (v - variance).abs() < 5.0 * variance * ((kurtosis - 1.0) / n).sqrt(),
        "{what}: variance {v} for {variance}"
    );
}

fn numbers<T: Real>(scheme: &impl Scheme, shape: (usize, usize), seed: u64) -> Vec<f64> {
    scheme.sample::<T, _>(shape, &mut rng(seed)).iter().map(|w| w.to_f64()).collect()
}

/// Kurtosis of a distribution: 3, 1.8 for the uniform, and for the cut normal E[z⁴]/E[z²]² by the recursion of its moments.
fn kurtosis(d: Distribution) -> f64 {
    match d {
        Distribution::Normal => 3.0,
        Distribution::Uniform => 1.8,
        Distribution::Truncated => 2.1625,
    }
}

fn scaled<T: Real>() {
    use Distribution::{Normal, Truncated, Uniform};
    let (n_out, n_in) = (700, 300);
    let table = [
        (lecun_normal(), 1.0 / 300.0, Normal),
        (lecun_truncated(), 1.0 / 300.0, Truncated),
        (lecun_uniform(), 1.0 / 300.0, Uniform),
        (glorot_normal(), 2.0 / 1000.0, Normal),
        (glorot_truncated(), 2.0 / 1000.0, Truncated),
        (glorot_uniform(), 2.0 / 1000.0, Uniform),
        (he_normal(), 2.0 / 300.0, Normal),
        (he_truncated(), 2.0 / 300.0, Truncated),
        (he_uniform(), 2.0 / 300.0, Uniform),
        (he_normal().fan(Fan::Out), 2.0 / 700.0, Normal),
        (glorot_normal().fan(Fan::Geometric), 1.0 / 210_000_f64.sqrt(), Normal),
        (lecun_uniform().gain(5.0 / 3.0), 25.0 / 9.0 / 300.0, Uniform),
        (VarianceScaling::new(0.5, Fan::Out, Truncated), 0.25 / 700.0, Truncated),
        (inverse_sqrt_uniform(), 1.0 / 900.0, Uniform),
    ];
    for (k, (scheme, variance, distribution)) in table.into_iter().enumerate() {
        let w = numbers::<T>(&scheme, (n_out, n_in), k as u64);
        holds(&w, 0.0, variance, kurtosis(distribution), &format!("{} {scheme:?}", T::NAME));
        let largest = w.iter().fold(0.0_f64, |m, w| m.max(w.abs()));
        match distribution {
            Uniform => assert!(largest <= (3.0 * variance).sqrt() * (1.0 + 1e-6)),
            // Two standard deviations before the cut's correction.
            Truncated => assert!(largest <= 2.0 * 1.13685 * variance.sqrt()),
            Normal => {}
        }
        assert!((scheme.variance(&Target::new(&[n_out, n_in])) - variance).abs() < 1e-12);
    }
}

#[test]
fn variance_is_gain_sq_over_fan() {
    scaled::<f32>();
    scaled::<f64>();
}

#[test]
fn plain_distributions() {
    let shape = (500, 400);
    holds(&numbers::<f64>(&normal(0.5, 0.2), shape, 1), 0.5, 0.04, 3.0, "normal");
    holds(&numbers::<f32>(&uniform(-1.0, 3.0), shape, 2), 1.0, 16.0 / 12.0, 1.8, "uniform");
    holds(&numbers::<f32>(&truncated_normal(2.0, 0.3, 1.0), shape, 3), 2.0, 0.09, 2.0, "truncated");
    holds(&numbers::<f64>(&sparse(15, 1.0), shape, 4), 0.0, 15.0 / 400.0, 3.0 * 400.0 / 15.0, "sparse");
}

/// A wrong variance is caught: uncorrected truncation loses 23 %.
#[test]
#[should_panic(expected = "variance")]
fn an_uncorrected_cut_is_caught() {
    let mut w = numbers::<f64>(&truncated_normal(0.0, 1.0, 2.0), (500, 400), 5);
    w.iter_mut().for_each(|w| *w *= 0.879_626);
    holds(&w, 0.0, 1.0, 2.1625, "uncorrected");
}

/// Uniform over ±1/√n with n = (n_in + n_out)/6 is Glorot's uniform, bit for bit under one seed.
#[test]
fn glorot_uniform_is_an_inverse_square_root() {
    for (n_out, n_in) in [(1, 1), (3, 5), (10, 128), (128, 64), (7, 1000), (513, 777), (50, 8)] {
        let n = (n_in + n_out) as f64 / 6.0;
        let seed = (n_in * 1000 + n_out) as u64;
        let a: Array2<f64> = inverse_sqrt_uniform_of(n).sample((n_out, n_in), &mut rng(seed));
        assert_eq!(a, glorot_uniform().sample((n_out, n_in), &mut rng(seed)));
        let a: Array2<f32> = inverse_sqrt_uniform_of(n).sample((n_out, n_in), &mut rng(seed));
        assert_eq!(a, glorot_uniform().sample((n_out, n_in), &mut rng(seed)));
        let a: Array2<f32> = inverse_sqrt_uniform_of(n_in as f64).sample((n_out, n_in), &mut rng(seed));
        assert_eq!(a, inverse_sqrt_uniform().sample((n_out, n_in), &mut rng(seed)));
    }
}

/// E z = 0 and Var z = n_in Var W E[x²], for inputs that are not centred; Var (∂L/∂x)_j = n_out Var W E[g²].
#[test]
fn signals_and_gradients_scale_as_predicted() {
    let (n_out, n_in) = (40_000, 60);
    for scheme in [lecun_normal(), glorot_uniform(), he_truncated(), inverse_sqrt_uniform()] {
        let var_w = scheme.variance(&Target::new(&[n_out, n_in]));
        let x = Array1::from_shape_fn(n_in, |j| (j % 7) as f64 / 3.0);
        let w: Array2<f64> = scheme.sample((n_out, n_in), &mut rng(11));
        let z = w.dot(&x);
        // z is nearly normal: kurtosis 3 at most.
        holds(&z.to_vec(), 0.0, var_w * x.dot(&x), 3.0, "z");
        let w: Array2<f64> = scheme.with_fans(Fans::dense(n_in, n_out)).sample((n_in, n_out), &mut rng(12));
        let g = Array1::from_shape_fn(n_in, |i| 1.0 - (i % 5) as f64);
        // The transpose of a weight is as random as the weight.
        holds(&w.t().dot(&g).to_vec(), 0.0, var_w * g.dot(&g), 3.0, "gradient");
    }
}

#[test]
fn fans_of_every_kind_of_layer() {
    assert_eq!(Fans::of(&[5, 3]), Some(Fans { fan_in: 3, fan_out: 5 }));
    assert_eq!(Fans::of(&[64, 32, 3, 3]), Some(Fans { fan_in: 288, fan_out: 576 }));
    assert_eq!(Fans::of(&[64, 32, 5]), Some(Fans { fan_in: 160, fan_out: 320 }));
    assert_eq!(Fans::of(&[64]), None);
    assert_eq!(Fans::conv(32, 64, &[3, 3], 4), Fans { fan_in: 72, fan_out: 144 });
    assert_eq!(Fans::conv_transposed(32, 64, &[3, 3], 4), Fans { fan_in: 72, fan_out: 144 });
    assert_eq!(Fans::embedding(10_000, 300), Fans { fan_in: 1, fan_out: 300 });
    assert_eq!(Fans::recurrent(20, 50), Fans { fan_in: 20, fan_out: 50 });
    let w: Array4<f32> = lecun_normal().with_fans(Fans::conv(32, 64, &[3, 3], 4)).sample((64, 8, 3, 3), &mut rng(3));
    holds(&w.iter().map(|&w| f64::from(w)).collect::<Vec<_>>(), 0.0, 1.0 / 72.0, 3.0, "grouped");
}

/// fan_in is the number of terms: counted by pushing ones through a naive grouped convolution, and fan_out by pulling them back.
#[test]
fn fans_count_the_terms_of_a_convolution() {
    let (n_in, n_out, k, groups) = (6, 4, 3, 2);
    let (mut terms_of_output, mut uses_of_input) = (0, 0);
    // Output channel 0 at position 0, and input channel 0 at position 0, far from any border.
    for (o, i, tap) in (0..n_out).flat_map(|o| (0..n_in).flat_map(move |i| (0..k).map(move |t| (o, i, t)))) {
        let same_group = o / (n_out / groups) == i / (n_in / groups);
        terms_of_output += usize::from(o == 0 && same_group);
        uses_of_input += usize::from(i == 0 && same_group);
        let _ = tap;
    }
    assert_eq!(Fans::conv(n_in, n_out, &[k], groups), Fans { fan_in: terms_of_output, fan_out: uses_of_input });
}
