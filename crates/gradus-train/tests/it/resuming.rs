//! A run that was stopped and resumed is bit for bit the one that never stopped.

use crate::{folder, seeded};
use gradus_nn::constraints::manifold::Stiefel;
use gradus_nn::init::orthogonal;
use gradus_nn::{Activation, BatchNorm, Dropout, Linear, Module, Sequential, cross_entropy, to_bytes};
use gradus_optim::constrained::{Ascent, NuPi};
use gradus_optim::riemannian::Riemannian;
use gradus_optim::schedule::{Schedule, cosine, multi_step, plateau};
use gradus_optim::{Adam, Average, Lion, Objective, Optimise, RmsProp, Sam, Sgd, penalty};
use gradus_train::data::{Classification, Loader, Sampler, Supervised};
use gradus_train::metric::Accuracy;
use gradus_train::ndarray::{Array1, Array2};
use gradus_train::rand::RngExt;
use gradus_train::tensor::{Index, Mode, Param, Role, Tensor, VisitorMut};
use gradus_train::{BestFeasible, Checkpoints, ErrorKind, Progress, Report, Result, Scores, Stop, Trainer, multiplier};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

pub(crate) type Batch = (Tensor, Index);
pub(crate) type Best = BestFeasible<Sequential>;

/// So wide a tolerance that some epochs are feasible and some are not.
pub(crate) fn best() -> Best {
    BestFeasible::new(1.0)
}

pub(crate) fn data(n: usize) -> Classification {
    let x = Array2::from_shape_fn((n, 2), |(i, j)| ((i * (7 + 4 * j)) % 23) as f32 / 11.5 - 1.0);
    let y: Array1<usize> = x.rows().into_iter().map(|r| usize::from(r[0] + r[1] > 0.0)).collect();
    Supervised::new(x, y)
}

pub(crate) fn net() -> Sequential {
    let mut rng = seeded(9);
    let trunk = Sequential::new().then(Linear::new(2, 5, &mut rng)).then(BatchNorm::new(5)).then(Activation::tanh());
    trunk.then(Dropout::new(0.2)).then(Linear::new(5, 2, &mut rng))
}

/// 23 samples by 4: five batches and one of three; two batches a step give three steps an epoch.
pub(crate) const STEPS: u64 = 3 * EPOCHS;
const EPOCHS: u64 = 4;

/// Everything that has a state, in one trainer: dropout, running statistics, a schedule, two multipliers and the best feasible net,
/// averages, accumulation.
pub(crate) fn trainer<'a, O: Optimise<f32>>(
    optimiser: O,
    test: &'a Classification,
    best: &Best,
) -> Trainer<'a, Sequential, Batch, O> {
    let rule = NuPi { integral: 0.05, proportional: 0.3, nu: 0.5 };
    let norm = |net: &Sequential, _: &Batch, _: &mut Mode| {
        gradus_nn::state(net).get("0.weight").expect("the first layer has a weight").square().sum()
    };
    let (term, climb) = multiplier("norm", norm, 0.5, rule);
    let ascent = Ascent(Adam::new(0.001).schedule(cosine(50)));
    let (second, second_climb) = multiplier("same norm", norm, 0.3, ascent);
    let objective = Objective::supervised(Sequential::forward, cross_entropy);
    Trainer::new(objective.with(penalty::gradient_norm_sq(0.01)).with(term).with(second), optimiser)
        .epochs(EPOCHS)
        .batch_size(4)
        .accumulate(2)
        .average(Average::exponential(0.9))
        .callback(climb)
        .callback(second_climb.full_set(|net| f64::from(gradus_nn::state(net)["0.weight"].square().sum().item())))
        .callback(best.clone())
        .validate(test)
        .scores(Scores::new(Sequential::forward, cross_entropy).with(Accuracy::new()))
        .progress(Progress::Quiet)
}

/// What is left behind: weights and running statistics, averages, history without its seconds, the best feasible epoch with its net.
pub(crate) type Left = (Vec<u8>, String, String, Option<(u64, Vec<u8>)>);

pub(crate) fn left<O>(
    net: &Sequential,
    trainer: &Trainer<'_, Sequential, Batch, O>,
    report: &Report,
    best: &Best,
) -> Left {
    let strip =
        |csv: String| csv.lines().map(|l| l.rsplit_once(',').unwrap().0.to_owned()).collect::<Vec<_>>().join("\n");
    let averages = trainer.averages().map(|a| format!("{:?}", a.state()));
    let kept = best.kept().map(|(record, net)| {
        assert_eq!(report.history().records()[record.epoch as usize - 1], record);
        (record.epoch, to_bytes(&net).unwrap())
    });
    (to_bytes(net).unwrap(), averages.unwrap_or_default(), strip(report.history().csv()), kept)
}

/// Where the batches come from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    Rows,
    Shuffled,
    Weighted,
    Balanced,
}

/// A loader with noise on every batch, whose workers and distance ahead change from leg to leg.
fn loader(
    source: Source,
    train: &Classification,
    leg: usize,
    rng: &mut impl gradus_train::rand::Rng,
) -> Loader<Classification> {
    let sampler = match source {
        Source::Weighted => Sampler::Weighted { weights: (1..24).map(f64::from).collect(), draws: 23 },
        Source::Balanced => Sampler::Balanced { labels: train.y.to_vec() },
        _ => Sampler::Shuffle,
    };
    let noisy = Loader::new(train.clone(), 4, rng).map(|batch: Classification, rng| {
        Ok(batch.map_x(|mut x| {
            x.mapv_inplace(|x| x + 0.01 * rng.random::<f32>());
            x
        }))
    });
    noisy.sampler(sampler).workers(leg % 3).ahead(1 + leg % 4)
}

type Net<'a> = &'a dyn Fn() -> Sequential;

/// Trains, stopping after each of `stops` with a new process' worth of fresh objects each time.
pub(crate) fn run<O: Optimise<f32>>(
    net: Net<'_>,
    make: &dyn Fn() -> O,
    stops: &[u64],
    dir: &Path,
    source: Source,
) -> Left {
    let (train, test) = (data(23), data(11));
    let mut stops = stops.to_vec();
    stops.push(u64::MAX);
    for (leg, &stop) in stops.iter().enumerate() {
        let (mut net, mut rng, best) = (net(), seeded(4), best());
        let mut trainer = trainer(make(), &test, &best)
            .checkpoint(Checkpoints::new(dir))
            .resume(leg > 0)
            .on_step(move |at| if at.step == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) });
        let report = if let Source::Rows = source {
            trainer.fit(&mut net, &train, &mut rng)
        } else {
            trainer.fit_loader(&mut net, &mut loader(source, &train, leg, &mut rng), &mut rng)
        };
        let report = report.unwrap();
        if stop >= STEPS {
            assert_eq!(report.steps(), STEPS);
            return left(&net, &trainer, &report, &best);
        }
        assert_eq!((report.steps(), report.stop()), (stop, Stop::Callback));
    }
    unreachable!("the last stop lies behind the end")
}

/// Stops a run of each source in turn at random places, one to three times, until there were `points` stops.
fn stops_anywhere<O: Optimise<f32>>(name: &str, net: Net<'_>, make: &dyn Fn() -> O, points: usize) {
    let rng = &mut seeded(name.len() as u64);
    let sources = [Source::Rows, Source::Shuffled, Source::Weighted, Source::Balanced];
    let straight = sources.map(|source| run(net, make, &[], &folder(&format!("straight-{name}-{source:?}")), source));
    let dir = folder(&format!("stopped-{name}"));
    let (mut done, mut round) = (0, 0);
    while done < points {
        let mut stops: Vec<u64> = (0..rng.random_range(1..4)).map(|_| rng.random_range(1..STEPS)).collect();
        stops.sort_unstable();
        stops.dedup();
        (done, round) = (done + stops.len(), round + 1);
        let _ = std::fs::remove_dir_all(&dir);
        let resumed = run(net, make, &stops, &dir, sources[round % 4]);
        assert_eq!(resumed, straight[round % 4], "{name}, {:?}, stopped after {stops:?}", sources[round % 4]);
    }
    println!("{name}: {done} stops in {round} runs, all equal bit for bit");
}

/// The net with its first weight on the Stiefel manifold, for optimisers that step along it.
fn net_on_a_manifold() -> Sequential {
    struct Attach;
    impl VisitorMut<f32> for Attach {
        fn tensor(&mut self, _: &mut Tensor) {}
        fn param(&mut self, p: &mut Param) {
            if p.role() == Role::Weight && p.value().shape() == [5, 2] {
                p.set_manifold(Some(Arc::new(Stiefel::default())));
            }
        }
    }
    let mut rng = seeded(9);
    let first = Linear::builder(2, 5).init(orthogonal(1.0)).build(&mut rng);
    let trunk = Sequential::new().then(first).then(BatchNorm::new(5)).then(Activation::tanh());
    let mut net = trunk.then(Dropout::new(0.2)).then(Linear::new(5, 2, &mut rng));
    net.visit_mut(&mut Attach);
    net
}

#[test]
fn sgd_stops_anywhere() {
    stops_anywhere("sgd", &net, &|| Sgd::new(0.05).momentum(0.9).schedule(plateau(1)), 8);
}

#[test]
fn adam_stops_anywhere() {
    stops_anywhere("adam", &net, &|| Adam::new(0.05).schedule(cosine(12)), 8);
}

#[test]
fn sharpness_aware_descent_stops_anywhere() {
    stops_anywhere("sam", &net, &|| Sam::new(0.05, Adam::new(0.05).schedule(cosine(12))), 8);
}

#[test]
fn steps_along_a_manifold_stop_anywhere() {
    let adam = || Riemannian::adam(0.05).schedule(cosine(12));
    stops_anywhere("riemannian-adam", &net_on_a_manifold, &adam, 8);
    stops_anywhere("riemannian-sgd", &net_on_a_manifold, &|| Riemannian::sgd(0.05).momentum(0.9), 4);
}

#[test]
#[ignore = "long: fifty stops for each of seven optimisers"]
fn stops_long() {
    stops_anywhere("sgd-long", &net, &|| Sgd::new(0.05).momentum(0.9).schedule(plateau(1)), 50);
    stops_anywhere("adam-long", &net, &|| Adam::new(0.05).schedule(cosine(12)), 50);
    stops_anywhere("rmsprop-long", &net, &|| RmsProp::new(0.01).schedule(cosine(4).by_epoch()), 50);
    stops_anywhere("lion-long", &net, &|| Lion::new(0.01).schedule(cosine(12).warm_up(3)), 50);
    stops_anywhere("sam-long", &net, &|| Sam::new(0.05, Sgd::new(0.05).momentum(0.9)).adaptive(), 50);
    stops_anywhere("riemannian-adam-long", &net_on_a_manifold, &|| Riemannian::adam(0.05).schedule(cosine(12)), 50);
    stops_anywhere("riemannian-sgd-long", &net_on_a_manifold, &|| Riemannian::sgd(0.05).momentum(0.9), 50);
}

#[test]
fn the_best_feasible_net_outlives_the_process() {
    // Behind epoch 2 the rate is so high that no epoch is feasible: the best one lies before most of the stops.
    let rising = || Sgd::new(0.3).schedule(multi_step(vec![6], 10.0));
    let straight = run(&net, &rising, &[], &folder("best-straight"), Source::Rows);
    assert_eq!(straight.3.as_ref().map(|kept| kept.0), Some(2));
    for stop in 1..STEPS {
        let resumed = run(&net, &rising, &[stop], &folder("best-stopped"), Source::Rows);
        assert_eq!(resumed, straight, "stopped after {stop}");
    }
    // Nothing is left to train: what is kept is what was read.
    let (test, best) = (data(11), best());
    let dir = folder("best-read");
    run(&net, &rising, &[], &dir, Source::Rows);
    let mut trainer = trainer(rising(), &test, &best).checkpoint(Checkpoints::new(&dir)).resume(true);
    let mut net = net();
    let report = trainer.fit(&mut net, &data(23), &mut seeded(4)).unwrap();
    assert_eq!(left(&net, &trainer, &report, &best), straight);
}

/// A net that is wide enough for its work to be shared, on real digits.
#[test]
fn legs_on_other_numbers_of_threads_end_the_same() {
    use gradus_kernels::threads::set_threads;
    let digits = gradus_train::data::digits();
    let rows = |n: usize, from: usize| {
        let picked = gradus_train::data::Rows::pick(&digits, &(from..from + n).collect::<Vec<_>>());
        picked.map_x(|x| x / 16.0)
    };
    let (train, test) = (rows(384, 0), rows(100, 384));
    let legs = |name: &str, legs: &[(usize, u64)]| {
        let dir = folder(name);
        let mut last = None;
        for (leg, &(threads, stop)) in legs.iter().enumerate() {
            set_threads(threads);
            let mut rng = seeded(3);
            let trunk = Sequential::new().then(Linear::new(64, 256, &mut rng)).then(BatchNorm::new(256));
            let trunk = trunk.then(Activation::tanh()).then(Dropout::new(0.2));
            let mut net = trunk.then(Linear::new(256, 10, &mut rng));
            let objective = Objective::supervised(Sequential::forward, cross_entropy);
            let mut trainer = Trainer::new(objective.with(penalty::frobenius_sq(1e-4)), Adam::new(0.01))
                .epochs(2)
                .batch_size(96)
                .validate(&test)
                .average(Average::exponential(0.9))
                .progress(Progress::Quiet)
                .checkpoint(Checkpoints::new(&dir))
                .resume(leg > 0)
                .on_step(move |at| if at.step == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) });
            let report = trainer.fit(&mut net, &train, &mut rng).unwrap();
            last = Some(left(&net, &trainer, &report, &best()));
        }
        last.unwrap()
    };
    let straight = legs("threads-1", &[(1, u64::MAX)]);
    assert_eq!(straight, legs("threads-1-2-4", &[(1, 2), (2, 5), (4, u64::MAX)]));
    assert_eq!(straight, legs("threads-4-1-2", &[(4, 1), (1, 7), (2, u64::MAX)]));
}

#[test]
fn what_does_not_fit_is_said() {
    let dir = folder("misfit");
    let (train, test) = (data(23), data(11));
    let go = |optimiser: Adam, resume: bool, batch: usize, net: &mut Sequential| -> Result<Report> {
        let mut trainer = trainer(optimiser, &test, &best()).batch_size(batch);
        trainer = trainer.checkpoint(Checkpoints::new(&dir)).resume(resume);
        trainer.fit(net, &train, &mut seeded(1))
    };
    go(Adam::new(0.01), false, 4, &mut net()).unwrap();
    let error = go(Adam::new(0.01), false, 4, &mut net()).unwrap_err();
    assert!(error.to_string().contains("resume(true)"), "{error}");
    let error = go(Adam::new(0.01), true, 5, &mut net()).unwrap_err();
    assert!(error.kind() == ErrorKind::Mismatch && error.to_string().contains("23 samples by 4"), "{error}");
    let mut other = net().then(Linear::new(2, 2, &mut seeded(1)));
    let error = go(Adam::new(0.01), true, 4, &mut other).unwrap_err();
    assert!(error.kind() == ErrorKind::Mismatch && error.to_string().contains("missing"), "{error}");
    let objective = Objective::supervised(Sequential::forward, cross_entropy);
    let mut plain = Trainer::new(objective, Sgd::new(0.1)).batch_size(4).checkpoint(dir.as_path()).resume(true);
    let error = plain.fit(&mut net(), &train, &mut seeded(1)).unwrap_err();
    assert!(error.to_string().contains("is `sgd`"), "{error}");
}
