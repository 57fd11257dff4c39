//! Metrics: their laws, and values worked out by hand.

use gradus_train::Metric;
use gradus_train::metric::Accuracy;
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
