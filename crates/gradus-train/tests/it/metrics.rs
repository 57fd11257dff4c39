//! Metrics: their laws, and values by hand and by scikit-learn.

use gradus_train::Metric;
use gradus_train::metric::{Accuracy, CalibrationError, Confusion, Mae, Nll, R2, Rmse, RocAuc};
use gradus_train::tensor::{Index, Tensor};

#[test]
fn ties_go_to_the_lower_class_and_nan_loses() {
    let logits = Tensor::<f32>::from_slice(&[4, 3], &[1., 1., 0., 1., 1., 0., f32::NAN, 0., 0., 0., f32::NAN, 1.]);
    let labels = Index::new(&[4], vec![0, 1, 0, 2]);
    let mut top1 = Accuracy::new();
    top1.update(&logits, &labels);
    assert_eq!(Metric::<Tensor, Index>::value(&top1), 0.5);
    let mut top2 = Accuracy::top(2);
    top2.update(&logits, &labels);
    assert_eq!(Metric::<Tensor, Index>::value(&top2), 0.75);
}

#[test]
fn what_saw_two_parts_is_the_merge_of_what_saw_each() {
    let logits = Tensor::<f64>::from_slice(&[3, 2], &[0.1, 0.9, 0.8, 0.2, 0.3, 0.7]);
    let labels = [1, 1, 1];
    let see = |rows: std::ops::Range<usize>| {
        let mut m = Accuracy::new();
        m.update(&logits.narrow(0, rows.start, rows.len()), &Index::new(&[rows.len()], labels[rows].to_vec()));
        m
    };
    let (whole, mut part) = (see(0..3), see(0..1));
    part.merge(&see(1..3));
    let value = |m: &Accuracy| Metric::<Tensor<f64>, Index>::value(m);
    assert_eq!(value(&whole), value(&part));
    assert_eq!(value(&whole), 2.0 / 3.0);
}

/// Values of scikit-learn; see the script `metrics.py` among the fixtures' makers.
const STORED: &str = include_str!("../fixtures/metrics.json");

struct Stored(serde_json::Value);

impl Stored {
    fn read() -> Self {
        Stored(serde_json::from_str(STORED).unwrap())
    }
    fn list(&self, name: &str) -> Vec<f64> {
        self.0[name].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
    }
    fn labels(&self, name: &str) -> Index {
        let x: Vec<u32> = self.list(name).iter().map(|x| *x as u32).collect();
        Index::new(&[x.len()], x)
    }
    fn tensor(&self, name: &str, width: usize) -> Tensor<f64> {
        let x = self.list(name);
        let shape = x.len().checked_div(width).map_or_else(|| vec![x.len()], |n| vec![n, width]);
        Tensor::from_slice(&shape, &x)
    }
}

/// Feeds a metric in pieces of 7, merges its two halves, and compares with the stored value.
fn agrees<M, Y>(
    stored: &Stored,
    make: &dyn Fn() -> M,
    merge: fn(&mut M, &M),
    x: &Tensor<f64>,
    y: &dyn Fn(usize, usize) -> Y,
) -> M
where
    M: Metric<Tensor<f64>, Y>,
{
    let (mut first, mut second) = (make(), make());
    let n = x.shape()[0];
    for start in (0..n).step_by(7) {
        let len = 7.min(n - start);
        let part = if start < n / 2 { &mut first } else { &mut second };
        part.update(&x.narrow(0, start, len), &y(start, len));
    }
    merge(&mut first, &second);
    let (ours, theirs) = (first.value(), stored.0["expected"][first.name()].as_f64().unwrap());
    assert!((ours - theirs).abs() < 1e-12, "{}: {ours}, scikit-learn {theirs}", first.name());
    first
}

#[test]
fn metrics_of_classes_agree_with_scikit_learn() {
    let stored = Stored::read();
    let (x, labels) = (stored.tensor("logits", 4), stored.labels("labels"));
    let y = |start: usize, len: usize| Index::new(&[len], labels.as_slice()[start..start + len].to_vec());
    agrees(&stored, &Accuracy::new, Accuracy::merge, &x, &y);
    agrees(&stored, &|| Accuracy::top(2), Accuracy::merge, &x, &y);
    agrees(&stored, &Nll::new, Nll::merge, &x, &y);
    agrees(&stored, &|| CalibrationError::new(10), CalibrationError::merge, &x, &y);
    let confusion = agrees(&stored, &Confusion::new, Confusion::merge, &x, &y);
    let (precision, recall, counts) = (stored.list("precision"), stored.list("recall"), stored.list("confusion"));
    for i in 0..4 {
        assert!((confusion.precision(i) - precision[i]).abs() < 1e-12);
        assert!((confusion.recall(i) - recall[i]).abs() < 1e-12);
        (0..4).for_each(|j| assert_eq!(confusion.count(i, j) as f64, counts[i * 4 + j]));
    }
    let binary = stored.labels("binary");
    let y = |start: usize, len: usize| Index::new(&[len], binary.as_slice()[start..start + len].to_vec());
    agrees(&stored, &RocAuc::new, RocAuc::merge, &stored.tensor("scores", 0), &y);
}

#[test]
fn errors_of_numbers_agree_with_scikit_learn() {
    let stored = Stored::read();
    let (x, target) = (stored.tensor("prediction", 0), stored.tensor("target", 0));
    let y = |start: usize, len: usize| target.narrow(0, start, len);
    agrees(&stored, &Rmse::new, Rmse::merge, &x, &y);
    agrees(&stored, &Mae::new, Mae::merge, &x, &y);
    agrees(&stored, &R2::new, R2::merge, &x, &y);
}
