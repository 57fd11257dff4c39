//! Laws of dropout and its relatives.

use gradus_kernels::threads::{set_threads, threads};
use gradus_nn::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus_nn::tensor::{Granularity, Mode, Tensor, checkpoint_in, grad, grad_recorded};
use gradus_nn::{AlphaDropout, DropConnect, Dropout, Func, Linear, Residual, monte_carlo};

type T = Tensor<f64>;

fn rng(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

/// The mean over masks, for ones, within 5 standard errors of `expected`.
fn mean_is(expected: f64, sd: f64, f: impl Fn(&T, &mut Mode) -> T) {
    let (n, passes) = (400, 100);
    let (x, r) = (T::ones(&[20, 20]), &mut rng(1));
    let total: f64 = (0..passes).map(|_| f(&x, &mut Mode::train(r)).sum().item()).sum();
    let error = (total / f64::from(n * passes) - expected).abs();
    assert!(error < 5.0 * sd / f64::from(n * passes).sqrt(), "{error}");
}

#[test]
fn means_over_masks() {
    let (p, q) = (0.3_f64, 0.7_f64);
    mean_is(1.0, (p / q).sqrt(), |x, m| Dropout::new(p).forward(x, m));
    mean_is(q, (p * q).sqrt(), |x, m| Dropout::new(p).standard().forward(x, m));
    mean_is(1.0, (20.0 * p / q).sqrt(), |x, m| Dropout::new(p).by(Granularity::Batch).forward(x, m));
    let eval = Dropout::<f64>::new(p).standard().forward(&T::ones(&[2]), &mut Mode::eval());
    assert_eq!(eval.to_vec(), [q, q]);
    let deep = Residual::new(Func::new("one", |x: &T, _: &mut Mode| x * 1.0)).stochastic_depth(p);
    mean_is(2.0, (20.0 * p / q).sqrt(), |x, m| deep.forward(x, m));
}

#[test]
fn alpha_dropout_keeps_mean_0_and_variance_1() {
    let n = 200_000;
    let x = T::build(&[n], |x| x.iter_mut().enumerate().for_each(|(i, x)| *x = if i % 2 == 0 { 1.0 } else { -1.0 }));
    let y = AlphaDropout::new(0.2).forward(&x, &mut Mode::train(&mut rng(2)));
    let mean = y.mean().item();
    let variance = (&y - mean).square().mean().item();
    assert!(mean.abs() < 0.012 && (variance - 1.0).abs() < 0.012, "{mean} {variance}");
}

#[test]
fn masks_differ_and_repeat() {
    let (x, drop) = (T::ones(&[8, 32]), Dropout::new(0.5));
    let mut mode = Mode::train(&mut rng(3));
    let first = drop.forward(&x, &mut mode);
    assert_ne!(first.to_vec(), drop.forward(&x, &mut mode).to_vec(), "two layers of a step");
    assert_eq!(first.to_vec(), drop.forward(&x, &mut mode.again()).to_vec(), "the same step again");
    assert_eq!(first.to_vec(), drop.forward(&x, &mut Mode::train(&mut rng(3))).to_vec(), "the same seed");
    assert_ne!(first.to_vec(), drop.forward(&x, &mut Mode::train(&mut rng(4))).to_vec(), "another step");
    let row = |y: &T, i: usize| y.select(0, i).to_vec();
    assert_ne!(row(&first, 0), row(&first, 1), "samples");
    let shared = drop.by(Granularity::Batch).forward(&x, &mut mode);
    assert_eq!(row(&shared, 0), row(&shared, 1), "one mask a mini-batch");
}

#[test]
fn every_derivative_sees_the_same_mask() {
    let x = (T::ones(&[64]) * 0.7).tracked();
    let mask = Dropout::new(0.5).forward(&T::ones(&[64]), &mut Mode::train(&mut rng(5)));
    let y = Dropout::new(0.5).forward(&x, &mut Mode::train(&mut rng(5)));
    let g = grad_recorded(&(y.square() * &y).sum(), &x).unwrap();
    let h = grad(&g.sum(), &x).unwrap();
    let want = mask.square() * &mask * 6.0 * x.detach();
    let worst = h.to_vec().iter().zip(want.to_vec()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-12, "{worst}");
}

#[test]
fn masks_do_not_depend_on_the_number_of_threads() {
    let x = T::ones(&[512, 300]);
    let layers = [Granularity::Element, Granularity::Channel, Granularity::Batch].map(|by| Dropout::new(0.3).by(by));
    let before = threads();
    let draw = |threads: usize| {
        set_threads(threads);
        layers.map(|layer| layer.forward(&x, &mut Mode::train(&mut rng(8))).to_vec())
    };
    let one = draw(1);
    for threads in [2, 3, 16] {
        assert!(draw(threads) == one, "{threads} threads");
    }
    set_threads(before);
}

#[test]
fn recomputation_uses_the_same_mask() {
    let (layer, drop) = (Linear::<f64>::new(6, 6, &mut rng(9)), Dropout::new(0.5));
    let x = (T::ones(&[4, 6]) * 0.3).tracked();
    let mut mode = Mode::train(&mut rng(10));
    let _ = drop.forward(&x, &mut mode);
    let body = move |(layer, x): &(Linear<f64>, T), mode: &mut Mode| drop.forward(&layer.forward(x, mode), mode).tanh();
    let mut twin = mode.clone();
    let plain = body(&(layer.clone(), x.clone()), &mut twin);
    let again = checkpoint_in(&mut mode, body, &(layer, x.clone()));
    assert_eq!(again.to_vec(), plain.to_vec());
    let second = |y: &T| {
        let g = grad_recorded(&y.square().sum(), &x).unwrap();
        (g.to_vec(), grad(&g.square().sum(), &x).unwrap().to_vec())
    };
    let (a, b) = (second(&plain), second(&again));
    let worst = a.0.iter().chain(&a.1).zip(b.0.iter().chain(&b.1)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-13, "{worst:e}");
    let (next, after) = (drop.forward(&x, &mut mode).to_vec(), drop.forward(&x, &mut twin).to_vec());
    assert_eq!(next, after, "and the step goes on from there");
}

#[test]
fn a_shared_mask_is_one_a_unit_and_one_a_channel() {
    let (samples, channels, places, p) = (30, 40, 6, 0.3);
    let x = T::ones(&[samples, channels, places]).tracked();
    let draw = |by| {
        let y = Dropout::new(p).by(by).forward(&x, &mut Mode::train(&mut rng(11)));
        let factor = grad(&y.sum(), &x).unwrap().to_vec();
        assert_eq!(factor, y.to_vec(), "the derivative is the mask");
        factor
    };
    // Which bits may differ: all, one a unit (channel and place), one a sample and channel.
    let apart: [(Granularity, fn(usize) -> usize); 3] =
        [(Granularity::Element, |i| i), (Granularity::Batch, |i| i % (40 * 6)), (Granularity::Channel, |i| i / 6)];
    for (by, group) in apart {
        let factor = draw(by);
        let mut bits = std::collections::BTreeMap::new();
        for (i, f) in factor.iter().enumerate() {
            assert!(*f == 0.0 || (f - 1.0 / (1.0 - p)).abs() < 1e-15, "{f}");
            assert_eq!(*bits.entry(group(i)).or_insert(*f), *f, "{by:?}: element {i} does not share");
        }
        let dropped = bits.values().filter(|f| **f == 0.0).count() as f64 / bits.len() as f64;
        let sigma = (p * (1.0 - p) / bits.len() as f64).sqrt();
        assert!((dropped - p).abs() < 5.0 * sigma, "{by:?}: {dropped} of {} dropped", bits.len());
    }
}

/// y = Σ wᵢ xᵢ mᵢ/(1 − p) has mean Σ wᵢ xᵢ and variance p/(1 − p) Σ (wᵢ xᵢ)².
#[test]
fn monte_carlo_dropout_has_the_mean_and_spread_of_its_masks() {
    let (p, passes) = (0.3_f64, 20_000);
    let (w, x) = ([1.0, -2.0, 0.5, 3.0], [0.5, 1.0, -2.0, 0.25]);
    let layer = Linear::from_weights(&T::from_slice(&[1, 4], &w), None);
    let (drop, x_row) = (Dropout::new(p), T::from_slice(&[1, 4], &x));
    let (mean, spread) = monte_carlo(passes, &mut rng(12), |m| layer.forward(&drop.forward(&x_row, m), m));
    let terms: Vec<f64> = w.iter().zip(x).map(|(w, x)| w * x).collect();
    let variances: Vec<f64> = terms.iter().map(|t| t * t * p / (1.0 - p)).collect();
    let variance: f64 = variances.iter().sum();
    let want: f64 = terms.iter().sum();
    assert!((mean.item() - want).abs() < 5.0 * (variance / passes as f64).sqrt(), "{mean} against {want}");
    // The fourth central moment of a sum of independent terms; of one term t(m/q − 1) it is t⁴(q(1/q − 1)⁴ + p).
    let q = 1.0 - p;
    let fourths: f64 = terms.iter().map(|t| t.powi(4) * (q * (1.0 / q - 1.0).powi(4) + p)).sum();
    let fourth = fourths + 3.0 * (variance * variance - variances.iter().map(|v| v * v).sum::<f64>());
    let sigma = ((fourth - variance * variance) / passes as f64).sqrt();
    let got = spread.item().powi(2);
    assert!((got - variance).abs() < 5.0 * sigma, "{got} against {variance}, sigma {sigma}");
    let (mean, spread) = monte_carlo(5, &mut rng(13), |m| Dropout::new(0.0).forward(&x_row, m));
    assert_eq!((mean.to_vec(), spread.to_vec()), (x.to_vec(), vec![0.0; 4]), "nothing dropped, nothing spread");
}

#[test]
fn drop_connect_has_the_layer_as_its_mean() {
    let layer = Linear::<f64>::new(3, 2, &mut rng(6));
    let x = T::ones(&[1, 3]);
    let want = layer.forward(&x, &mut Mode::eval());
    let drop = DropConnect::new(layer, 0.4);
    assert_eq!(drop.forward(&x, &mut Mode::eval()).to_vec(), want.to_vec());
    let (mean, spread) = monte_carlo(4000, &mut rng(7), |mode| drop.forward(&x, mode));
    for ((m, s), w) in mean.to_vec().iter().zip(spread.to_vec()).zip(want.to_vec()) {
        assert!((m - w).abs() < 5.0 * s / 4000_f64.sqrt(), "{m} {w} {s}");
    }
}
