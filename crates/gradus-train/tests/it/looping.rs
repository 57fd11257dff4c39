//! What stands around the loop: early stopping, the best weights, averages, callbacks, records of the training data, anomaly mode.

use crate::resuming::{Batch, data, net};
use crate::{folder, seeded};
use gradus_nn::{Sequential, cross_entropy, load, to_bytes};
use gradus_optim::{Average, Objective, Sgd};
use gradus_train::data::{Last, Loader};
use gradus_train::metric::Accuracy;
use gradus_train::{Checkpoints, ErrorKind, Goal, Progress, Scores, Stop, Trainer};
use std::ops::ControlFlow;

fn trainer<'a>(rate: f64) -> Trainer<'a, Sequential, Batch, Sgd> {
    let scores = Scores::new(Sequential::forward, cross_entropy).with(Accuracy::new());
    Trainer::new(Objective::supervised(Sequential::forward, cross_entropy), Sgd::new(rate))
        .batch_size(8)
        .scores(scores)
        .progress(Progress::Quiet)
}

#[test]
fn training_data_are_judged_as_validation_data_are() {
    let train = data(40);
    let report =
        trainer(0.1).epochs(3).judge_training(&train).validate(&train).fit(&mut net(), &train, &mut seeded(0)).unwrap();
    for record in report.history().records() {
        assert_eq!(record.training, record.validation);
        assert!(record.training("accuracy").is_some());
    }
    assert!(report.history().csv().contains(",training.loss,training.accuracy,validation.loss,"));
}

#[test]
fn it_stops_when_nothing_improves_and_keeps_the_best() {
    let (train, dir) = (data(40), folder("early"));
    let mut weights = Vec::new();
    let mut trainer = trainer(0.05)
        .epochs(50)
        .validate(&train)
        .stop_early(Goal::falling("loss"), 2)
        .checkpoint(Checkpoints::new(&dir).best(Goal::falling("loss")))
        .on_epoch(|net: &mut Sequential, _| {
            weights.push(to_bytes(net).unwrap());
            ControlFlow::Continue(())
        });
    let report = trainer.fit(&mut net(), &train, &mut seeded(0)).unwrap();
    drop(trainer);
    let losses: Vec<f64> = report.history().records().iter().map(|r| r.validation("loss").unwrap()).collect();
    let best = (0..losses.len()).min_by(|&a, &b| losses[a].total_cmp(&losses[b])).unwrap();
    if report.stop() == Stop::Early {
        assert_eq!(losses.len(), best + 3, "{losses:?}");
    }
    let mut kept = net();
    load(&mut kept, dir.join("best.safetensors"), true).unwrap();
    assert_eq!(to_bytes(&kept).unwrap(), weights[best]);
}

#[test]
fn a_goal_without_progress_stops_after_its_patience() {
    let train = data(40);
    let mut trainer = trainer(0.0).epochs(50).stop_early(Goal::falling("loss").least(1.0), 3);
    let report = trainer.fit(&mut net(), &train, &mut seeded(0)).unwrap();
    assert_eq!((report.stop(), report.history().records().len()), (Stop::Early, 4));
    let error = self::trainer(0.1).epochs(3).stop_early(Goal::rising("f1"), 3).fit(&mut net(), &train, &mut seeded(0));
    assert!(error.unwrap_err().to_string().contains("no validation value `f1`"));
}

#[test]
fn averages_are_judged_and_written_at_the_end() {
    let (train, mut trained) = (data(40), net());
    let mut trainer = trainer(0.5).epochs(4).validate(&train).average(Average::exponential(0.8));
    let report = trainer.fit(&mut trained, &train, &mut seeded(0)).unwrap();
    let averaged = trainer.averages().unwrap().averaged(&trained).unwrap();
    assert_ne!(to_bytes(&averaged).unwrap(), to_bytes(&trained).unwrap());
    // No step at all: the loop only judges what it is given.
    let judged = self::trainer(0.0).validate(&train).fit(&mut averaged.clone(), &train, &mut seeded(0)).unwrap();
    let (a, b) = (report.last_validation("loss").unwrap(), judged.last_validation("loss").unwrap());
    // Running statistics follow once more in that epoch, so the two are near, not equal.
    assert!((a - b).abs() < 0.1 * a.abs(), "{a} {b}");
}

#[test]
fn callbacks_see_every_step_and_may_stop() {
    let (train, mut steps) = (data(40), Vec::new());
    let mut trainer = trainer(0.1).epochs(5).on_step(|at| {
        steps.push((at.step, at.epoch, at.batch));
        if at.step == 7 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let report = trainer.fit(&mut net(), &train, &mut seeded(0)).unwrap();
    drop(trainer);
    assert_eq!((report.stop(), report.steps()), (Stop::Callback, 7));
    assert_eq!(steps, [(1, 1, 1), (2, 1, 2), (3, 1, 3), (4, 1, 4), (5, 1, 5), (6, 2, 1), (7, 2, 2)]);
}

#[test]
fn a_loader_feeds_the_same_run_with_any_number_of_workers() {
    let run = |workers| {
        let (mut net, mut rng) = (net(), seeded(5));
        let mut loader = Loader::new(data(30), 8, &mut rng).workers(workers).last(Last::Pad);
        trainer(0.1).epochs(3).fit_loader(&mut net, &mut loader, &mut rng).unwrap();
        to_bytes(&net).unwrap()
    };
    assert_eq!(run(0), run(2));
    assert_eq!(run(0), run(3));
}

#[test]
fn anomaly_mode_names_the_op_that_began_it() {
    let bad = Objective::new(|net: &Sequential, (x, y): &Batch, mode: &mut gradus_train::tensor::Mode| {
        let logits = net.forward(x, mode);
        cross_entropy(&logits, y) + (logits.square().sum() * -1.0).ln()
    });
    let mut trainer = Trainer::new(bad, Sgd::new(0.1)).batch_size(10).anomaly(true).progress(Progress::Quiet);
    let error = trainer.fit(&mut net(), &data(30), &mut seeded(0)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NonFinite);
    let text = error.to_string();
    assert!(text.contains("epoch 1, batch 1, step 1") && text.contains("ln") && text.contains("looping.rs"), "{text}");
}
