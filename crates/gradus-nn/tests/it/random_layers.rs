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

/// The mean over masks that are shared: each unit (or channel) draws one bit a pass, which all that share it see.
#[test]
fn shared_masks_are_one_bit_a_unit_or_a_channel_with_the_same_means() {
    let (p, passes, r) = (0.3_f64, 4000, &mut rng(11));
    let x = T::build(&[3, 4, 5], |x| x.iter_mut().enumerate().for_each(|(i, x)| *x = 1.0 + i as f64 / 10.0));
    for by in [Granularity::Batch, Granularity::Channel] {
        for (standard, kept) in [(false, 1.0 / (1.0 - p)), (true, 1.0)] {
            let drop = Dropout::new(p).by(by);
            let drop = if standard { drop.standard() } else { drop };
            let mut sum = T::zeros(&[3, 4, 5]);
            let mut patterns = std::collections::BTreeSet::new();
            for _ in 0..passes {
                let y = drop.forward(&x, &mut Mode::train(r));
                let bits = (&y / &x).to_vec();
                assert!(bits.iter().all(|b| b.abs() < 1e-12 || (b - kept).abs() < 1e-12), "{bits:?}");
                let on = |n: usize, c: usize, k: usize| bits[(n * 4 + c) * 5 + k] > 0.5;
                for (n, c, k) in (0..60).map(|i| (i / 20, i / 5 % 4, i % 5)) {
                    match by {
                        Granularity::Batch => assert_eq!(on(n, c, k), on(0, c, k), "samples share the unit's bit"),
                        _ => assert_eq!(on(n, c, k), on(n, c, 0), "points share the channel's bit"),
                    }
                }
                patterns.insert(bits.iter().map(|b| *b > 0.5).collect::<Vec<_>>());
                sum = sum + y;
            }
            assert!(patterns.len() > 500, "{by:?}: {} masks", patterns.len());
            // E a' = a, or (1 − p) a in the standard form: by element within 5 standard errors.
            let share = kept * (1.0 - p);
            let error = 5.0 * kept * (p * (1.0 - p) / f64::from(passes)).sqrt();
            let means = (sum / f64::from(passes) / &x).to_vec();
            assert!(means.iter().all(|m| (m - share).abs() < error), "{by:?}, {standard}: {means:?} for {share}");
            let eval = (drop.forward(&x, &mut Mode::eval()) / &x).to_vec();
            assert!(eval.iter().all(|m| (m - share).abs() < 1e-12), "evaluation is the mean");
            assert_eq!(drop.forward(&x, &mut Mode::eval()).to_vec(), drop.forward(&x, &mut Mode::eval()).to_vec());
        }
    }
}

/// For z = Σ wᵢ aᵢ yᵢ/(1 − p): E z = Σ wᵢ aᵢ and Var z = p/(1 − p) Σ (wᵢ aᵢ)².
#[test]
fn monte_carlo_dropout_has_the_closed_mean_and_spread() {
    let (p, passes) = (0.4_f64, 20_000);
    let w = T::from_slice(&[1, 5], &[0.5, -1.0, 2.0, 0.3, -0.7]);
    let (net, drop) = (Linear::from_weights(&w, None), Dropout::new(p));
    let a = T::from_slice(&[2, 5], &[1.0, 2.0, 3.0, 4.0, 5.0, -1.0, 0.0, 0.5, 0.0, 2.0]);
    let (mean, spread) = monte_carlo(passes, &mut rng(12), |mode| net.forward(&drop.forward(&a, mode), mode));
    let each = (&w * &a).square().sum_axes(&[1], true);
    let (want, sd) = (net.forward(&a, &mut Mode::eval()), (each * (p / (1.0 - p))).sqrt());
    for (((m, s), want), sd) in mean.to_vec().iter().zip(spread.to_vec()).zip(want.to_vec()).zip(sd.to_vec()) {
        assert!((m - want).abs() < 5.0 * sd / (passes as f64).sqrt(), "{m} for {want} ± {sd}");
        // A sample variance is spread by √((κ − 1)/n) of itself, a sample deviation by half of that; sums of bits have a kurtosis κ < 3.
        assert!((s / sd - 1.0).abs() < 2.5 * (2.0 / passes as f64).sqrt(), "{s} for {sd}");
    }
    let again = monte_carlo(passes, &mut rng(12), |mode| net.forward(&drop.forward(&a, mode), mode));
    assert_eq!((again.0.to_vec(), again.1.to_vec()), (mean.to_vec(), spread.to_vec()), "the same under a seed");
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
