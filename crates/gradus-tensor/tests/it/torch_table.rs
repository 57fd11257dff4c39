//! The stored table of PyTorch's values and derivatives, and ours beside them: read by the tests and by `examples/gradcheck.rs`.

use super::torch_ops::Ops;
use gradus_tensor::{Grad, Real, Tensor};

/// The tensors of one op's entry, by tag.
#[derive(Default)]
struct Entry<'a> {
    name: &'a str,
    tensors: Vec<(&'a str, Tensor<f64>)>,
}

impl Entry<'_> {
    fn of(&self, tag: &str) -> Vec<Tensor<f64>> {
        self.tensors.iter().filter(|(t, _)| *t == tag).map(|(_, x)| x.clone()).collect()
    }
}

fn entries(text: &str) -> Vec<Entry<'_>> {
    let mut found: Vec<Entry<'_>> = Vec::new();
    for line in text.lines() {
        let (tag, rest) = line.split_once(' ').expect("a tag and what it tags");
        if tag == "op" {
            found.push(Entry { name: rest, ..Entry::default() });
            continue;
        }
        let (shape, numbers) = rest[1..].split_once(']').expect("a shape in brackets");
        let shape: Vec<usize> = shape.split_whitespace().map(|n| n.parse().expect("a length")).collect();
        let numbers: Vec<f64> = numbers.split_whitespace().map(|x| x.parse().expect("a number")).collect();
        found.last_mut().expect("an op comes first").tensors.push((tag, Tensor::from_slice(&shape, &numbers)));
    }
    found
}

/// The largest error against `want`, relative to its numbers, or, where that is more, to 1 and to `part` of the largest.
fn error<T: Real>(got: &[Tensor<T>], want: &[Tensor<f64>], part: f64, what: &str) -> f64 {
    assert_eq!(got.len(), want.len(), "{what}: how many");
    let mut worst: f64 = 0.0;
    for (got, want) in got.iter().zip(want) {
        assert_eq!(got.shape(), want.shape(), "{what}: shape");
        let want = want.to_vec();
        let least = want.iter().fold(1.0, |m: f64, x| m.max(part * x.abs()));
        for (a, b) in got.to_vec().into_iter().zip(want) {
            let e = (a.to_f64() - b).abs() / b.abs().max(least);
            worst = if e.is_nan() { f64::INFINITY } else { worst.max(e) };
        }
    }
    worst
}

/// One op: the errors of value, first and second derivative, and what ours and PyTorch's are where they differ.
pub(crate) struct Line {
    pub(crate) name: &'static str,
    pub(crate) errors: [f64; 3],
    pub(crate) words: [String; 3],
}

/// The whole table in one number type. An error is relative to PyTorch's number, or, where that is more, to 1 and to `part` of the largest
/// number of its tensor.
pub(crate) fn compare<T: Real>(part: f64) -> Vec<Line> {
    let table = entries(include_str!("../fixtures/ops.txt"));
    let names: Vec<&str> = table.iter().map(|e| e.name).collect();
    let ours = Ops::<T>::TABLE;
    assert_eq!(names, ours.iter().map(|(n, _)| *n).collect::<Vec<_>>(), "the script's ops and ours");
    let cast = |x: &Tensor<f64>| {
        Tensor::<T>::from_slice(x.shape(), &x.to_vec().into_iter().map(T::from_f64).collect::<Vec<_>>())
    };
    let line = |(entry, (name, f)): (&Entry<'_>, &(&'static str, super::torch_ops::Function<T>))| {
        let of = |tag: &str| entry.of(tag).iter().map(cast).collect::<Vec<_>>();
        let x: Vec<Tensor<T>> = of("x").iter().map(Tensor::tracked).collect();
        let (v, w) = (of("v"), of("w"));
        let y = f(&x);
        let grad = Grad::of(&y).cotangent(&w[0]).wrt(&x).create_graph().allow_unused().run().expect("a gradient");
        let along: Tensor<T> = grad.iter().zip(&v).map(|(g, v)| (g * v).sum()).sum();
        let second = Grad::of(&along).wrt(&x).allow_unused().run().expect("a second gradient");
        let got = [vec![y], grad, second];
        let want = ["y", "g", "h"].map(|tag| entry.of(tag));
        let orders = ["value", "first derivative", "second derivative"];
        let words = |k: usize| format!("{}: {:?} where PyTorch has {:?}", orders[k], got[k], want[k]);
        Line {
            name,
            errors: std::array::from_fn(|k| error(&got[k], &want[k], part, name)),
            words: std::array::from_fn(words),
        }
    };
    table.iter().zip(ours).map(line).collect()
}
