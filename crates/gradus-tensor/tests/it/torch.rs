//! Values, first and second derivatives of every op that PyTorch has too, against a stored table (`xtask/fixtures/ops.py`); in single
//! precision too.

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

/// The whole table in one number type: the worst errors of value, first and second derivative.
fn compare<T: Real>(allowed: [f64; 3], part: f64) -> [f64; 3] {
    let table = entries(include_str!("../fixtures/ops.txt"));
    let names: Vec<&str> = table.iter().map(|e| e.name).collect();
    let ours = Ops::<T>::TABLE;
    assert_eq!(names, ours.iter().map(|(n, _)| *n).collect::<Vec<_>>(), "the script's ops and ours");
    let cast = |x: &Tensor<f64>| {
        Tensor::<T>::from_slice(x.shape(), &x.to_vec().into_iter().map(T::from_f64).collect::<Vec<_>>())
    };
    let (mut worst, mut failures) = ([0.0_f64; 3], Vec::new());
    for (entry, (name, f)) in table.iter().zip(ours) {
        let of = |tag: &str| entry.of(tag).iter().map(cast).collect::<Vec<_>>();
        let x: Vec<Tensor<T>> = of("x").iter().map(Tensor::tracked).collect();
        let (v, w) = (of("v"), of("w"));
        let y = f(&x);
        let grad = Grad::of(&y).cotangent(&w[0]).wrt(&x).create_graph().allow_unused().run().expect("a gradient");
        let along: Tensor<T> = grad.iter().zip(&v).map(|(g, v)| (g * v).sum()).sum();
        let second = Grad::of(&along).wrt(&x).allow_unused().run().expect("a second gradient");
        for (k, (got, tag)) in [(&vec![y], "y"), (&grad, "g"), (&second, "h")].into_iter().enumerate() {
            let what = format!("{name}: {}", ["value", "first derivative", "second derivative"][k]);
            let e = error(got, &entry.of(tag), part, &what);
            worst[k] = worst[k].max(e);
            if e > allowed[k] {
                failures.push(format!("{what}: error {e:e}: {got:?} where PyTorch has {:?}", entry.of(tag)));
            }
        }
    }
    println!(
        "{} ops in {}; worst relative error of value, first and second derivative: {worst:?}",
        ours.len(),
        T::NAME
    );
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    worst
}

#[test]
fn every_op_has_the_derivatives_of_pytorch() {
    compare::<f64>([1e-9; 3], 0.0);
}

#[test]
fn every_op_has_them_in_single_precision() {
    compare::<f32>([1e-5, 1e-4, 1e-3], 1.0);
}
