//! Values, first and second derivatives of every op that PyTorch has too, against a stored table (`xtask/fixtures/ops.py`).

use gradus_tensor::{Grad, Index, Tensor};

type Function = fn(&[Tensor<f64>]) -> Tensor<f64>;

/// One line an op, in the order of the script.
const OPS: &[(&str, Function)] = &[
    ("abs", |x| x[0].abs()),
    ("acos", |x| x[0].acos()),
    ("acosh", |x| x[0].acosh()),
    ("asin", |x| x[0].asin()),
    ("asinh", |x| x[0].asinh()),
    ("atan", |x| x[0].atan()),
    ("atanh", |x| x[0].atanh()),
    ("ceil", |x| x[0].ceil() * &x[0]),
    ("clamp", |x| x[0].clamp(-1.0, 1.0).square()),
    ("cos", |x| x[0].cos()),
    ("cosh", |x| x[0].cosh()),
    ("elu", |x| x[0].elu(1.0)),
    ("celu", |x| x[0].celu(1.5)),
    ("selu", |x| x[0].selu()),
    ("erf", |x| x[0].erf()),
    ("erfc", |x| x[0].erfc()),
    ("erfinv", |x| x[0].erfinv()),
    ("exp", |x| x[0].exp()),
    ("exp2", |x| x[0].exp2()),
    ("exp_m1", |x| x[0].exp_m1()),
    ("floor", |x| x[0].floor() * &x[0]),
    ("gelu", |x| x[0].gelu()),
    ("gelu_tanh", |x| x[0].gelu_tanh()),
    ("leaky_relu", |x| x[0].leaky_relu(0.1)),
    ("lgamma", |x| x[0].lgamma()),
    ("digamma", |x| x[0].digamma()),
    ("polygamma", |x| x[0].polygamma(1)),
    ("ln", |x| x[0].ln()),
    ("ln_1p", |x| x[0].ln_1p()),
    ("log2", |x| x[0].log2()),
    ("log10", |x| x[0].log10()),
    ("log_sigmoid", |x| x[0].log_sigmoid()),
    ("logit", |x| x[0].logit()),
    ("mish", |x| x[0].mish()),
    ("normal_cdf", |x| x[0].normal_cdf()),
    ("powf", |x| x[0].powf(2.5)),
    ("powi", |x| x[0].powi(3)),
    ("recip", |x| x[0].recip()),
    ("relu", |x| x[0].relu()),
    ("round", |x| x[0].round() * &x[0]),
    ("rsqrt", |x| x[0].rsqrt()),
    ("sigmoid", |x| x[0].sigmoid()),
    ("sign", |x| x[0].sign() * &x[0]),
    ("silu", |x| x[0].silu()),
    ("sin", |x| x[0].sin()),
    ("sinh", |x| x[0].sinh()),
    ("softplus", |x| x[0].softplus()),
    ("softsign", |x| x[0].softsign()),
    ("sqrt", |x| x[0].sqrt()),
    ("square", |x| x[0].square()),
    ("tan", |x| x[0].tan()),
    ("tanh", |x| x[0].tanh()),
    ("trunc", |x| x[0].trunc() * &x[0]),
    ("hard_sigmoid", |x| x[0].hard_sigmoid()),
    ("hard_swish", |x| x[0].hard_swish()),
    ("hard_tanh", |x| x[0].hard_tanh()),
    ("neg", |x| -&x[0]),
    ("scale", |x| &x[0] * 3.5),
    ("shift", |x| &x[0] + 1.5),
    ("add", |x| &x[0] + &x[1]),
    ("sub", |x| &x[0] - &x[1]),
    ("mul", |x| &x[0] * &x[1]),
    ("div", |x| &x[0] / &x[1]),
    ("maximum", |x| x[0].maximum(&x[1])),
    ("minimum", |x| x[0].minimum(&x[1])),
    ("atan2", |x| x[0].atan2(&x[1])),
    ("hypot", |x| x[0].hypot(&x[1])),
    ("pow", |x| x[0].pow(&x[1])),
    ("lerp", |x| x[0].lerp(&x[1], &x[2])),
    ("where", |x| Tensor::where_(&x[0].gt(0.0), &(&x[0] * &x[1]), &x[1])),
    ("masked_fill", |x| x[0].masked_fill(&x[0].gt(0.0), 0.5).exp()),
    ("sum", |x| x[0].sum_axes(&[1], false).square()),
    ("mean", |x| x[0].mean_axes(&[0], false).exp()),
    ("broadcast_to", |x| x[0].broadcast_to(&[2, 3]).exp()),
    ("reshape", |x| x[0].reshape(&[3, 2]).exp()),
    ("permute", |x| x[0].permute(&[2, 0, 1]).exp()),
    ("narrow", |x| x[0].narrow(1, 1, 2).exp()),
    ("concat", |x| Tensor::concat(x, 0).exp()),
    ("stack", |x| Tensor::stack(x, 1).exp()),
    ("matmul", |x| x[0].matmul(&x[1])),
    ("expm", |x| x[0].expm()),
    ("softmax", |x| x[0].softmax()),
    ("log_softmax", |x| x[0].log_softmax()),
    ("logsumexp", |x| x[0].logsumexp()),
    ("cross_entropy", |x| x[0].cross_entropy(&Index::new(&[2], vec![2, 0])).mean()),
    ("linear", |x| x[0].linear(&x[1], &x[2])),
    ("batch_norm", |x| x[0].batch_norm(&x[1], &x[2], 1e-5).0),
];

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

/// The largest error against `want`, relative to its numbers, or to the largest of them where that is more.
fn error(got: &[Tensor<f64>], want: &[Tensor<f64>], what: &str) -> f64 {
    assert_eq!(got.len(), want.len(), "{what}: how many");
    let mut worst: f64 = 0.0;
    for (got, want) in got.iter().zip(want) {
        assert_eq!(got.shape(), want.shape(), "{what}: shape");
        for (a, b) in got.to_vec().into_iter().zip(want.to_vec()) {
            let e = (a - b).abs() / b.abs().max(1.0);
            assert!(e <= 1e-9, "{what}: {a:e} where PyTorch has {b:e}");
            worst = worst.max(e);
        }
    }
    worst
}

#[test]
fn every_op_has_the_derivatives_of_pytorch() {
    let table = entries(include_str!("../fixtures/ops.txt"));
    let names: Vec<&str> = table.iter().map(|e| e.name).collect();
    assert_eq!(names, OPS.iter().map(|(n, _)| *n).collect::<Vec<_>>(), "the script's ops and ours");
    let mut worst = [0.0_f64; 3];
    for (entry, (name, f)) in table.iter().zip(OPS) {
        let x: Vec<Tensor<f64>> = entry.of("x").iter().map(Tensor::tracked).collect();
        let (v, w) = (entry.of("v"), entry.of("w"));
        let y = f(&x);
        let grad = Grad::of(&y).cotangent(&w[0]).wrt(&x).create_graph().allow_unused().run().expect("a gradient");
        let along: Tensor<f64> = grad.iter().zip(&v).map(|(g, v)| (g * v).sum()).sum();
        let second = Grad::of(&along).wrt(&x).allow_unused().run().expect("a second gradient");
        let of = |order: &str| format!("{name}: {order}");
        worst[0] = worst[0].max(error(&[y], &entry.of("y"), &of("value")));
        worst[1] = worst[1].max(error(&grad, &entry.of("g"), &of("first derivative")));
        worst[2] = worst[2].max(error(&second, &entry.of("h"), &of("second derivative")));
    }
    println!("{} ops; worst relative error of value, first and second derivative: {worst:?}", OPS.len());
}
