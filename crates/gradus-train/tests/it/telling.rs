//! What a run tells others: spans and events, lines of JSON, the words for a gradient that is not finite.

use crate::resuming::{Batch, data, net};
use crate::{folder, seeded};
use gradus_nn::{Sequential, cross_entropy};
use gradus_optim::{Objective, Sgd};
use gradus_train::tensor::Mode;
use gradus_train::{ErrorKind, Progress, Trainer};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

fn trainer(objective: Objective<Sequential, Batch>) -> Trainer<'static, Sequential, Batch, Sgd> {
    Trainer::new(objective, Sgd::new(0.1)).batch_size(8).progress(Progress::Quiet)
}

fn plain() -> Objective<Sequential, Batch> {
    Objective::supervised(Sequential::forward, cross_entropy)
}

/// Counts spans by name, and events.
struct Counts(Arc<Mutex<BTreeMap<&'static str, usize>>>, AtomicU64);

impl tracing::Subscriber for Counts {
    fn enabled(&self, at: &tracing::Metadata<'_>) -> bool {
        at.target().starts_with("gradus_train")
    }
    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        *self.0.lock().unwrap().entry(span.metadata().name()).or_default() += 1;
        tracing::span::Id::from_u64(1 + self.1.fetch_add(1, Ordering::Relaxed))
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, _: &tracing::Event<'_>) {
        *self.0.lock().unwrap().entry("event").or_default() += 1;
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn spans_stand_around_run_epochs_batches_and_saves() {
    let counts = Arc::new(Mutex::new(BTreeMap::new()));
    let listener = || Counts(counts.clone(), AtomicU64::new(0));
    // While one listener is known, a place that another test's thread meets first asks that thread's own, nobody, and stays silent for
    // all. Where two are known it asks both.
    let _second = tracing::Dispatch::new(listener());
    tracing::subscriber::with_default(listener(), || {
        let mut trainer = trainer(plain()).epochs(3).checkpoint(folder("spans"));
        trainer.fit(&mut net(), &data(40), &mut seeded(0)).unwrap();
    });
    let counts = counts.lock().unwrap().clone();
    let wanted = [("batch", 15), ("epoch", 3), ("event", 3), ("fit", 1), ("save", 3)];
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), wanted);
}

#[test]
fn json_lines_say_what_the_records_say() {
    let (train, dir) = (data(40), folder("json"));
    let mut trainer = trainer(plain()).epochs(3).validate(&train).checkpoint(dir.as_path());
    let report = trainer.fit(&mut net(), &train, &mut seeded(0)).unwrap();
    let text = std::fs::read_to_string(dir.join("history.jsonl")).unwrap();
    assert_eq!(text, report.history().json_lines());
    for (line, record) in text.lines().zip(report.history().records()) {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let number = |name: &str| line[name].as_f64().unwrap();
        assert_eq!((number("epoch"), number("step")), (record.epoch as f64, record.step as f64));
        // serde_json reads to the nearest number but one without a feature of its own.
        assert!((number("loss") - record.loss).abs() <= 1e-15 * record.loss);
        assert!((number("validation.loss") - record.validation("loss").unwrap()).abs() <= 1e-15);
    }
    assert_eq!(text.lines().count(), 3);
}

#[test]
fn a_gradient_that_is_not_finite_stops_with_leaf_step_and_batch() {
    // The loss is 0 and the derivative of √ there is infinite: 0 · ∞ in the chain.
    let bad = Objective::new(|net: &Sequential, (x, y): &Batch, mode: &mut Mode| {
        let loss = cross_entropy(&net.forward(x, mode), y);
        &loss + (&loss * 0.0).sqrt()
    });
    let mut net = net();
    let error = trainer(bad).fit(&mut net, &data(40), &mut seeded(0)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NonFinite);
    let text = error.to_string();
    for piece in ["the gradient of `0.weight` is not finite", "epoch 1, batch 1, step 1", "anomaly(true)"] {
        assert!(text.contains(piece), "{piece} in {text}");
    }
}
