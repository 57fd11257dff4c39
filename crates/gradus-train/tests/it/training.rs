//! The loop against a loop by hand, its seeds, its history, and how it stops.

use gradus_nn::{Activation, Dropout, Linear, Sequential, cross_entropy, state};
use gradus_optim::{Objective, Optimise, Sgd, penalty};
use gradus_train::data::{Classification, Supervised};
use gradus_train::metric::Accuracy;
use gradus_train::ndarray::{Array1, Array2};
use gradus_train::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus_train::tensor::{Index, Mode, Tensor};
use gradus_train::{ErrorKind, Progress, Report, Scores, ToTensors, Trainer};

fn seeded(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

/// Two classes, apart by the sign of x₀ + x₁.
fn data(n: usize) -> Classification {
    let x = Array2::from_shape_fn((n, 2), |(i, j)| ((i * (7 + 4 * j)) % 23) as f32 / 11.5 - 1.0);
    let y: Array1<usize> = x.rows().into_iter().map(|r| usize::from(r[0] + r[1] > 0.0)).collect();
    Supervised::new(x, y)
}

fn net(seed: u64) -> Sequential {
    let mut rng = seeded(seed);
    let trunk = Sequential::new().then(Linear::new(2, 8, &mut rng)).then(Activation::tanh()).then(Dropout::new(0.1));
    trunk.then(Linear::new(8, 2, &mut rng))
}

fn objective() -> Objective<Sequential, (Tensor, Index)> {
    Objective::supervised(Sequential::forward, cross_entropy)
}

fn numbers(net: &Sequential) -> Vec<Vec<f32>> {
    state(net).values().map(Tensor::to_vec).collect()
}

fn run(seed: u64, accumulate: usize, batch: usize) -> (Sequential, Report) {
    let (mut net, train, test) = (net(1), data(65), data(30));
    let report = Trainer::new(objective().with(penalty::frobenius_sq(1e-3)), Sgd::new(0.5).momentum(0.9))
        .epochs(6)
        .batch_size(batch)
        .accumulate(accumulate)
        .validate(&test)
        .scores(Scores::new(Sequential::forward, cross_entropy).with(Accuracy::new()))
        .progress(Progress::Quiet)
        .fit(&mut net, &train, &mut seeded(seed))
        .unwrap();
    (net, report)
}

#[test]
fn it_learns_and_keeps_a_history() {
    let (_, report) = run(3, 1, 16);
    assert!(report.last_validation("accuracy").unwrap() > 0.85, "{report:?}");
    // 65 samples by 16: the single one left over joins, so 4 steps an epoch.
    assert_eq!((report.history().records().len(), report.steps()), (6, 24));
    let csv = report.history().csv();
    assert!(csv.starts_with(
        "epoch,step,rate,loss,penalty.frobenius_sq,validation.loss,validation.accuracy,seconds\n1,4,0.5,"
    ));
    assert_eq!(csv.lines().count(), 7);
    assert_eq!(report.history().json_lines().lines().count(), 6);
    assert!(report.curve().svg().contains("training with penalties"));
}

#[test]
fn equal_seeds_give_equal_bits_and_others_do_not() {
    assert_eq!(numbers(&run(3, 1, 16).0), numbers(&run(3, 1, 16).0));
    assert_ne!(numbers(&run(3, 1, 16).0), numbers(&run(4, 1, 16).0));
}

#[test]
fn one_full_batch_an_epoch_is_descent_by_hand() {
    let (mut by_loop, mut by_hand, train) = (net(2), net(2), data(20));
    // Without dropout: the masks of a loop by hand would be others.
    let plain = || {
        Objective::new(|net: &Sequential, (x, y): &(Tensor, Index), _: &mut Mode| {
            cross_entropy(&net.forward(x, &mut Mode::eval()), y)
        })
    };
    Trainer::new(plain(), Sgd::new(0.3)).epochs(5).batch_size(20).fit(&mut by_loop, &train, &mut seeded(0)).unwrap();
    let (batch, mut sgd) = (train.to_tensors(), Sgd::new(0.3));
    for _ in 0..5 {
        let grads = plain().evaluate(&by_hand, &batch, &mut Mode::eval()).unwrap().backward();
        sgd.try_step(&mut by_hand, &grads).unwrap();
    }
    for (a, b) in numbers(&by_loop).iter().flatten().zip(numbers(&by_hand).iter().flatten()) {
        assert!((a - b).abs() < 1e-5, "{a} {b}"); // the order of the samples, and so of the sums, differs
    }
}

#[test]
fn a_loss_that_is_not_finite_stops_with_step_and_batch() {
    let (mut net, train) = (net(1), data(30));
    let before = numbers(&net);
    let bad = Objective::new(|net: &Sequential, (x, y): &(Tensor, Index), mode: &mut Mode| {
        cross_entropy(&net.forward(x, mode), y) * f64::NAN
    });
    let error = Trainer::new(bad, Sgd::new(0.1)).batch_size(10).fit(&mut net, &train, &mut seeded(0)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NonFinite);
    assert!(error.to_string().contains("epoch 1, batch 1, step 1"), "{error}");
    assert_eq!(numbers(&net), before);
}

#[test]
fn settings_out_of_range_are_refused() {
    for (batch, accumulate) in [(0, 1), (4, 0)] {
        let mut trainer = Trainer::new(objective(), Sgd::new(0.1)).batch_size(batch).accumulate(accumulate);
        let error = trainer.fit(&mut net(0), &data(8), &mut seeded(0)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Argument);
    }
}
