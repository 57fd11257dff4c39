//! A run that was stopped and resumed is bit for bit the one that never stopped.

use crate::{folder, seeded};
use gradus_nn::{Activation, BatchNorm, Dropout, Linear, Sequential, cross_entropy, to_bytes};
use gradus_optim::constrained::{Ascent, NuPi};
use gradus_optim::schedule::{Schedule, cosine, plateau};
use gradus_optim::{Adam, Average, Lion, Objective, Optimise, RmsProp, Sgd, penalty};
use gradus_train::checkpoint::{Disk, Native, Sink};
use gradus_train::data::{Classification, Loader, Supervised};
use gradus_train::metric::Accuracy;
use gradus_train::ndarray::{Array1, Array2};
use gradus_train::rand::RngExt;
use gradus_train::tensor::{Index, Mode, Tensor};
use gradus_train::{Checkpoints, ErrorKind, Progress, Report, Result, Scores, Stop, Trainer, multiplier};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) type Batch = (Tensor, Index);

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

/// Everything that has a state, in one trainer: dropout, running statistics, a schedule, a multiplier, averages, accumulation.
fn trainer<'a, O: Optimise<f32>>(optimiser: O, test: &'a Classification) -> Trainer<'a, Sequential, Batch, O> {
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
        .validate(test)
        .scores(Scores::new(Sequential::forward, cross_entropy).with(Accuracy::new()))
        .progress(Progress::Quiet)
}

/// What is left behind: weights and running statistics, averages, history without its seconds.
type Left = (Vec<u8>, String, String);

fn left<O>(net: &Sequential, trainer: &Trainer<'_, Sequential, Batch, O>, report: &Report) -> Left {
    let strip =
        |csv: String| csv.lines().map(|l| l.rsplit_once(',').unwrap().0.to_owned()).collect::<Vec<_>>().join("\n");
    let averages = trainer.averages().map(|a| format!("{:?}", a.state()));
    (to_bytes(net).unwrap(), averages.unwrap_or_default(), strip(report.history().csv()))
}

/// Trains, stopping after each of `stops` with a new process' worth of fresh objects each time.
fn run<O: Optimise<f32>>(make: &dyn Fn() -> O, stops: &[u64], dir: &Path, with_loader: bool) -> Left {
    let (train, test) = (data(23), data(11));
    let mut stops = stops.to_vec();
    stops.push(u64::MAX);
    for (i, &stop) in stops.iter().enumerate() {
        let (mut net, mut rng) = (net(), seeded(4));
        let mut trainer = trainer(make(), &test)
            .checkpoint(Checkpoints::new(dir))
            .resume(i > 0)
            .on_step(move |at| if at.step == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) });
        let report = if with_loader {
            let mut loader = Loader::new(train.clone(), 4, &mut rng).workers(i % 3);
            trainer.fit_loader(&mut net, &mut loader, &mut rng)
        } else {
            trainer.fit(&mut net, &train, &mut rng)
        };
        let report = report.unwrap();
        if stop >= STEPS {
            assert_eq!(report.steps(), STEPS);
            return left(&net, &trainer, &report);
        }
        assert_eq!((report.steps(), report.stop()), (stop, Stop::Callback));
    }
    unreachable!("the last stop lies behind the end")
}

fn stops_anywhere<O: Optimise<f32>>(name: &str, make: &dyn Fn() -> O) {
    let rng = &mut seeded(name.len() as u64);
    let straight = run(make, &[], &folder(&format!("straight-{name}")), false);
    let by_loader = run(make, &[], &folder(&format!("straight-loader-{name}")), true);
    let dir = folder(&format!("stopped-{name}"));
    let mut points = 0;
    while points < 50 {
        let mut stops: Vec<u64> = (0..rng.random_range(1..4)).map(|_| rng.random_range(1..STEPS)).collect();
        stops.sort_unstable();
        stops.dedup();
        points += stops.len();
        let with_loader = rng.random::<bool>();
        let _ = std::fs::remove_dir_all(&dir);
        let resumed = run(make, &stops, &dir, with_loader);
        assert_eq!(&resumed, if with_loader { &by_loader } else { &straight }, "{name}, stopped after {stops:?}");
    }
}

#[test]
fn sgd_stops_anywhere() {
    stops_anywhere("sgd", &|| Sgd::new(0.2).momentum(0.9).schedule(plateau(1)));
}

#[test]
fn adam_stops_anywhere() {
    stops_anywhere("adam", &|| Adam::new(0.05).schedule(cosine(12)));
}

#[test]
fn rmsprop_stops_anywhere() {
    stops_anywhere("rmsprop", &|| RmsProp::new(0.01).schedule(cosine(4).by_epoch()));
}

#[test]
fn lion_stops_anywhere() {
    stops_anywhere("lion", &|| Lion::new(0.01).schedule(cosine(12).warm_up(3)));
}

#[test]
fn what_does_not_fit_is_said() {
    let dir = folder("misfit");
    let (train, test) = (data(23), data(11));
    let go = |optimiser: Adam, resume: bool, batch: usize, net: &mut Sequential| -> Result<Report> {
        let mut trainer = trainer(optimiser, &test).batch_size(batch).checkpoint(Checkpoints::new(&dir)).resume(resume);
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

/// Fails at the `at`-th call, or writes half of what it is given there.
struct Faulty {
    calls: Arc<AtomicUsize>,
    at: usize,
    short: bool,
}

impl Faulty {
    fn fails(&self) -> bool {
        self.calls.fetch_add(1, Ordering::Relaxed) == self.at
    }
    fn call(&self) -> std::io::Result<()> {
        if self.fails() { Err(std::io::Error::other("the disk is full")) } else { Ok(()) }
    }
}

struct FaultyFile(Box<dyn Sink>, Faulty);

impl std::io::Write for FaultyFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.1.fails() {
            if self.1.short {
                return self.0.write(&bytes[..bytes.len() / 2]);
            }
            // A full disk: part of it arrives, then the error.
            let _ = self.0.write(&bytes[..bytes.len() / 3]);
            return Err(std::io::Error::other("the disk is full"));
        }
        self.0.write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        self.1.call()?;
        self.0.flush()
    }
}

impl Sink for FaultyFile {
    fn sync(&mut self) -> std::io::Result<()> {
        self.1.call()?;
        self.0.sync()
    }
}

impl Disk for Faulty {
    fn create(&self, path: &Path) -> std::io::Result<Box<dyn Sink>> {
        self.call()?;
        let own = Faulty { calls: self.calls.clone(), ..*self };
        Ok(Box::new(FaultyFile(Native.create(path)?, own)))
    }
    fn rename(&self, from: &Path, to: &Path) -> std::io::Result<()> {
        self.call()?;
        Native.rename(from, to)
    }
    fn sync_folder(&self, folder: &Path) -> std::io::Result<()> {
        self.call()?;
        Native.sync_folder(folder)
    }
    fn remove(&self, path: &Path) -> std::io::Result<()> {
        self.call()?;
        Native.remove(path)
    }
}

#[test]
fn a_disk_that_fails_at_any_call_loses_nothing() {
    let (train, test) = (data(23), data(11));
    let straight = run(&|| Adam::new(0.05), &[], &folder("sound-disk"), false);
    let (mut at, mut failed) = (0, 0);
    for short in [false, true] {
        at = 0;
        loop {
            let dir = folder("faulty-disk");
            let calls = Arc::new(AtomicUsize::new(0));
            let disk = Faulty { calls: calls.clone(), at, short };
            let mut first = trainer(Adam::new(0.05), &test);
            first = first.checkpoint(Checkpoints::new(&dir).every_steps(2).disk(disk));
            let outcome = first.fit(&mut net(), &train, &mut seeded(4));
            failed += usize::from(outcome.is_err());
            if let Err(error) = &outcome {
                assert!(error.kind() == ErrorKind::File && error.to_string().contains("disk is full"), "{error}");
            }
            // Whatever was saved before is there; the run goes on to the same end.
            let (mut again, mut second) = (net(), trainer(Adam::new(0.05), &test));
            second = second.checkpoint(Checkpoints::new(&dir)).resume(true);
            let report = second.fit(&mut again, &train, &mut seeded(4)).unwrap();
            assert_eq!(left(&again, &second, &report), straight, "call {at}, short {short}");
            if calls.load(Ordering::Relaxed) <= at {
                break;
            }
            at += if short { 7 } else { 3 };
        }
    }
    assert!(at > 60 && failed > 20, "{at} calls, {failed} failed");
}
