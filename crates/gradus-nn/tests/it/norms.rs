//! Laws of normalisation: the start from data, folding, running statistics, units of raw data.

use gradus_nn::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus_nn::tensor::{Mode, Tensor};
use gradus_nn::{BatchNorm, Linear};

type T = Tensor<f64>;

fn numbers(shape: &[usize], seed: f64) -> T {
    let n = shape.iter().product::<usize>();
    let x: Vec<f64> = (0..n).map(|i| ((i as f64 + 1.3) * (1.7 + seed)).sin() * 2.0 + 0.5 * seed).collect();
    Tensor::from_slice(shape, &x)
}

fn apart(a: &T, b: &T) -> f64 {
    assert_eq!(a.shape(), b.shape());
    a.to_vec().iter().zip(b.to_vec()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

fn train() -> Mode {
    Mode::train(&mut Xoshiro256PlusPlus::seed_from_u64(3))
}

#[test]
fn a_start_from_data_leaves_the_function_unchanged() {
    let x = numbers(&[6, 3, 2], 0.4);
    let mut norm = BatchNorm::<f64>::new(3);
    norm.start_from(&x).unwrap();
    assert!(apart(&norm.forward(&x, &mut train().again()), &x) < 1e-12);
    let other = numbers(&[4, 3, 2], 0.9);
    assert!(apart(&norm.forward(&other, &mut Mode::eval()), &other) < 1e-12);
}

#[test]
fn a_start_from_data_in_single_precision() {
    let x: Tensor<f32> = Tensor::from_slice(
        &[6, 3, 2],
        &numbers(&[6, 3, 2], 0.4).to_vec().iter().map(|&x| x as f32).collect::<Vec<_>>(),
    );
    let mut norm = BatchNorm::<f32>::new(3);
    norm.start_from(&x).unwrap();
    let worst = (norm.forward(&x, &mut train().again()) - &x).abs().to_vec().into_iter().fold(0.0, f32::max);
    assert!(worst < 1e-5, "{worst:e}");
}

#[test]
fn evaluation_uses_the_running_statistics() {
    let norm = BatchNorm::<f64>::new(3);
    for k in 0..3 {
        norm.forward(&numbers(&[7, 3], 0.3 * f64::from(k)), &mut train());
    }
    let (x, (mean, variance)) = (numbers(&[2, 3], 0.8), norm.running());
    let want = (&x - mean.get()) / (variance.get() + 1e-5).sqrt();
    assert!(apart(&norm.forward(&x, &mut Mode::eval()), &want) < 1e-14);
    let alone = norm.forward(&x.narrow(0, 0, 1), &mut Mode::eval());
    assert!(apart(&alone, &want.narrow(0, 0, 1)) < 1e-14, "a batch of one is as good as any");
}

#[test]
fn the_running_statistic_follows_the_recurrence() {
    for (biased, factor) in [(true, 1.0), (false, 5.0 / 4.0)] {
        let mut options = BatchNorm::<f64>::builder(2).momentum(0.3);
        if biased {
            options = options.biased_running_variance();
        }
        let norm = options.build::<f64>();
        let (mut mean, mut variance) = (T::zeros(&[2]), T::ones(&[2]));
        for k in 0..3 {
            let x = numbers(&[5, 2], 0.4 * f64::from(k));
            norm.forward(&x, &mut train());
            mean = x.mean_axes(&[0], false) * 0.3 + mean * 0.7;
            variance = x.var_axes(&[0], 0, false) * (0.3 * factor) + variance * 0.7;
        }
        assert!(apart(&norm.running().0.get(), &mean) < 1e-14);
        assert!(apart(&norm.running().1.get(), &variance) < 1e-13);
    }
}

#[test]
fn normalised_mean_is_0_and_variance_is_that_of_the_formula() {
    let (x, eps) = (numbers(&[8, 2], 0.2), 0.3);
    let y = BatchNorm::<f64>::builder(2).eps(eps).build::<f64>().forward(&x, &mut train());
    let variance = |x: &T| (x - x.mean_axes(&[0], true)).square().mean_axes(&[0], false);
    let v = variance(&x);
    assert!(apart(&y.mean_axes(&[0], false), &T::zeros(&[2])) < 1e-14);
    assert!(apart(&variance(&y), &(&v / (&v + eps))) < 1e-14);
}

#[test]
fn folded_is_unfolded() {
    let rng = &mut Xoshiro256PlusPlus::seed_from_u64(5);
    for bias in [true, false] {
        let mut norm = BatchNorm::<f64>::new(3);
        norm.forward(&numbers(&[7, 3], 0.3), &mut train());
        norm.start_from(&(numbers(&[5, 3], 0.7) * 3.0)).unwrap();
        norm.forward(&numbers(&[7, 3], 0.3), &mut train());
        let x = numbers(&[4, 3], 0.1);
        let eval = &mut Mode::eval();
        let linear = Linear::builder(3, 3).bias(bias).build(rng);
        let unfolded = norm.forward(&linear.forward(&x, eval), eval);
        assert!(apart(&norm.fold_after(&linear).forward(&x, eval), &unfolded) < 1e-12);
        let unfolded = linear.forward(&norm.forward(&x, eval), eval);
        assert!(apart(&norm.fold_before(&linear).forward(&x, eval), &unfolded) < 1e-12);
    }
}

#[test]
fn running_statistics_follow_once_a_step() {
    let norm = BatchNorm::<f64>::new(2);
    let mut mode = train();
    norm.forward(&numbers(&[4, 2], 0.1), &mut mode);
    for _ in 0..3 {
        norm.forward(&numbers(&[4, 2], 0.1), &mut mode.again());
    }
    norm.forward(&numbers(&[4, 2], 0.1), &mut Mode::eval());
    assert_eq!(norm.running().0.updates(), 1);
    let mut frozen = norm.clone();
    frozen.freeze_statistics(true);
    frozen.forward(&numbers(&[4, 2], 0.1), &mut train());
    assert_eq!(frozen.running().0.updates(), 1);
}

#[test]
fn cumulative_average_is_the_mean_of_the_batches() {
    let norm = BatchNorm::<f64>::builder(2).cumulative().biased_running_variance().build::<f64>();
    let batches: Vec<T> = (0..4).map(|k| numbers(&[5, 2], 0.3 * f64::from(k))).collect();
    for x in &batches {
        norm.forward(x, &mut train());
    }
    let mean = batches.iter().map(|x| x.mean_axes(&[0], false)).sum::<T>() / 4.0;
    assert!(apart(&norm.running().0.get(), &mean) < 1e-14);
}

#[test]
#[should_panic(expected = "one value has no variance")]
fn a_batch_of_one_is_refused_in_training() {
    let _ = BatchNorm::<f64>::new(2).forward(&numbers(&[1, 2], 0.1), &mut train());
}

#[test]
fn a_linear_model_in_the_units_of_raw_data() {
    let rng = &mut Xoshiro256PlusPlus::seed_from_u64(6);
    let (x, mean, scale) = (numbers(&[5, 3], 0.2), numbers(&[3], 0.6), numbers(&[3], 1.1) + 4.0);
    let trained = Linear::new(3, 2, rng);
    let standardised = (&x - &mean) / &scale;
    let eval = &mut Mode::eval();
    let raw = trained.in_units_of(&mean, &scale);
    assert!(apart(&raw.forward(&x, eval), &trained.forward(&standardised, eval)) < 1e-13);
    let back = raw.in_units_of(&(-&mean / &scale), &scale.recip());
    assert!(apart(&back.weight().value(), &trained.weight().value()) < 1e-14);
    assert!(apart(&back.forward(&standardised, eval), &trained.forward(&standardised, eval)) < 1e-12);
}
