//! Outputs, first and second gradients against PyTorch (`xtask/fixtures/nn.py`), and third orders against finite differences.

use gradus_nn::constraints::CholeskyFactor;
use gradus_nn::loss;
use gradus_nn::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus_nn::tensor::{Grad, Index, Mode, Parametrization, Tensor, Tree, check_grads};
use gradus_nn::{
    Activation, BatchNorm, Cell, Embedding, GroupNorm, Layer, LayerNorm, Linear, Module, MultiheadAttention,
    MultivariateGaussian, PRelu, Recurrent, RmsNorm, State, causal_mask, cross_entropy, instance_norm,
};
use serde_json::Value;

type T = Tensor<f64>;

fn rng() -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(1)
}

/// A module with these leaves.
pub(super) fn with<M: Module<Elem = f64>>(net: &M, leaves: &[T]) -> M {
    let mut next = leaves.iter();
    let net = Tree::map(net, &mut |_| next.next().expect("as many leaves as the layer has").clone());
    assert!(next.next().is_none(), "more leaves than the layer has");
    net
}

fn train() -> Mode {
    let mut mode = Mode::train(&mut rng());
    mode.dropout = false;
    mode
}

fn labels() -> Index {
    Index::new(&[4], vec![2, 0, 1, 2])
}

/// The function of every case: leaves to output.
fn function(name: &str) -> Box<dyn Fn(&[T]) -> T + Send + Sync> {
    let r = &mut rng();
    macro_rules! layer {
        ($net:expr) => {{
            let net = $net;
            let k = net.leaves().len();
            Box::new(move |a: &[T]| with(&net, &a[..k]).forward(&a[k], &mut train()))
        }};
    }
    macro_rules! run {
        ($cell:expr) => {{
            let cell = $cell;
            Box::new(move |a: &[T]| {
                let cell = with(&cell, &a[..4]);
                cell.run(&a[4], cell.start(a[4].shape()[0]), &mut train()).0
            })
        }};
    }
    match name {
        "linear" => layer!(Linear::new(3, 2, r)),
        "batch_norm" => layer!(BatchNorm::<f64>::new(3)),
        "batch_norm_images" => layer!(BatchNorm::<f64>::new(2)),
        "layer_norm" => layer!(LayerNorm::<f64>::new(&[2, 3])),
        "group_norm" => layer!(GroupNorm::<f64>::new(2, 4)),
        "instance_norm" => layer!(instance_norm::<f64>(2)),
        "rms_norm" => layer!(RmsNorm::<f64>::new(4)),
        "prelu" => layer!(PRelu::<f64>::new(3)),
        "rnn_cell" => {
            let cell = Cell::<f64>::rnn(3, 2, r);
            Box::new(move |a| {
                let from = State { h: a[5].clone(), c: a[5].zeros_like() };
                with(&cell, &a[..4]).step(&a[4], &from, &mut train()).h
            })
        }
        "lstm" => run!(Cell::<f64>::lstm(3, 2, r)),
        "gru" => run!(Cell::<f64>::gru(3, 2, r)),
        "lstm_stacked" => layer!(Recurrent::<f64>::lstm(3, 2).layers(2).bidirectional().build(r)),
        "gru_stacked" => layer!(Recurrent::<f64>::gru(3, 2).layers(2).bidirectional().time_first().build(r)),
        "rnn_stacked" => layer!(Recurrent::<f64>::rnn(2, 3).layers(3).bias(false).build(r)),
        "rnn_relu" => layer!(Recurrent::<f64>::rnn_relu(3, 2).build(r)),
        "lstm_states" => {
            let net = Recurrent::<f64>::lstm(3, 2).layers(2).build(r);
            Box::new(move |a| {
                let from = State { h: a[9].clone(), c: a[10].clone() };
                let (y, end) = with(&net, &a[..8]).run(&a[8], Some(from), &mut train());
                Tensor::concat(&[y.flatten(), end.h.flatten(), end.c.flatten()], 0)
            })
        }
        "attention" => {
            let net = MultiheadAttention::<f64>::new(4, 2, r);
            Box::new(move |a| with(&net, &a[..4]).forward(&a[4], &a[5], &a[6], None, &mut Mode::eval()))
        }
        "attention_causal" => {
            let net = MultiheadAttention::<f64>::new(4, 2, r);
            Box::new(move |a| {
                with(&net, &a[..4]).forward(&a[4], &a[4], &a[4], Some(&causal_mask(3)), &mut Mode::eval())
            })
        }
        "embedding" => {
            let net = Embedding::<f64>::new(5, 3, r);
            Box::new(move |a| with(&net, a).forward(&Index::new(&[2, 2], vec![1, 4, 1, 0]), &mut train()).square())
        }
        "batch_norm_eval" => {
            let net = BatchNorm::<f64>::new(3);
            let (mean, variance) = net.running();
            mean.set(&Tensor::from_slice(&[3], &[0.5, -1.0, 2.0]), 1).expect("of its shape");
            variance.set(&Tensor::from_slice(&[3], &[0.3, 4.0, 1.5]), 1).expect("of its shape");
            Box::new(move |a| with(&net, &a[..2]).forward(&a[2], &mut Mode::eval()))
        }
        "gru_cell" => {
            let cell = Cell::<f64>::gru(3, 2, r);
            Box::new(move |a| {
                let from = State { h: a[5].clone(), c: a[5].zeros_like() };
                with(&cell, &a[..4]).step(&a[4], &from, &mut train()).h
            })
        }
        "lstm_cell" => {
            let cell = Cell::<f64>::lstm(3, 2, r);
            Box::new(move |a| {
                let end = with(&cell, &a[..4]).step(&a[4], &cell.start(2), &mut train());
                end.h * end.c
            })
        }
        "activations" => Box::new(|a| {
            let all: [Activation<f64>; 14] = [
                Activation::relu(),
                Activation::tanh(),
                Activation::sigmoid(),
                Activation::softplus(),
                Activation::gelu(),
                Activation::silu(),
                Activation::mish(),
                Activation::elu(),
                Activation::selu(),
                Activation::leaky_relu(),
                Activation::softsign(),
                Activation::hard_tanh(),
                Activation::log_sigmoid(),
                Activation::softmax(),
            ];
            Tensor::stack(&all.map(|f| f.forward(&a[0], &mut Mode::eval())), 0)
        }),
        "mse" => Box::new(|a| loss::mse_each(&a[0], &a[1])),
        "l1" => Box::new(|a| loss::l1_each(&a[0], &a[1])),
        "huber" => Box::new(|a| loss::huber_each(&a[0], &a[1], 0.7)),
        "smooth_l1" => Box::new(|a| loss::smooth_l1_each(&a[0], &a[1], 0.7)),
        "cross_entropy" => Box::new(|a| cross_entropy(&a[0], &labels())),
        "cross_entropy_options" => Box::new(|a| {
            loss::CrossEntropy::new().weights(&[0.5, 2.0, 1.5]).smoothing(0.1).ignore(1).of(&a[0], &labels())
        }),
        "cross_entropy_soft" => {
            Box::new(|a| loss::CrossEntropy::new().weights(&[0.5, 2.0, 1.5]).smoothing(0.2).soft(&a[0], &a[1]))
        }
        "nll" => Box::new(|a| loss::nll(&a[0].square(), &labels())),
        "bce_with_logits" => Box::new(|a| loss::bce_with_logits_each(&a[0], &a[1])),
        "bce_weighted" => {
            Box::new(|a| loss::bce_with_logits_weighted(&a[0], &a[1], &Tensor::from_slice(&[2], &[2.0, 0.5])))
        }
        "kl_div" => Box::new(|a| loss::kl_div(&a[0], &a[1])),
        "hinge" => Box::new(|a| loss::hinge_each(&a[0], &Tensor::from_slice(&[6], &[1.0, -1.0, 1.0, -1.0, 1.0, -1.0]))),
        "multivariate_nll" => Box::new(|a| {
            let factor = CholeskyFactor.forward(&a[1..2]);
            MultivariateGaussian { mean: a[0].clone(), factor }.nll(&a[2]).expect("the diagonal is positive")
        }),
        "poisson_nll" => Box::new(|a| loss::poisson_nll_each(&a[0], &a[1])),
        "gaussian_nll" => Box::new(|a| loss::GaussianNll::new().each(&a[0], &a[1], &a[2])),
        "gaussian_nll_below" => Box::new(|a| loss::GaussianNll::new().eps(0.1).full().each(&a[0], &a[1], &a[2])),
        other => panic!("no function for the case {other}"),
    }
}

fn tensor(v: &Value) -> T {
    let shape: Vec<usize> = v["shape"].as_array().unwrap().iter().map(|x| x.as_u64().unwrap() as usize).collect();
    let data: Vec<f64> = v["data"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    Tensor::from_slice(&shape, &data)
}

pub(super) fn tensors(v: &Value) -> Vec<T> {
    v.as_array().unwrap().iter().map(tensor).collect()
}

fn cases() -> Vec<Value> {
    serde_json::from_str::<Value>(include_str!("../fixtures/nn.json")).unwrap().as_array().unwrap().clone()
}

/// Largest difference, relative to 1 or the numbers' size.
fn close(got: &T, want: &T) -> f64 {
    assert_eq!(got.shape(), want.shape());
    got.to_vec().iter().zip(want.to_vec()).map(|(a, b)| (a - b).abs() / b.abs().max(1.0)).fold(0.0, f64::max)
}

#[test]
fn outputs_and_two_orders_are_pytorchs() {
    compare(cases(), function);
}

/// Holds output, first and second gradient of every case to PyTorch's numbers.
pub(super) fn compare(cases: Vec<Value>, function: impl Fn(&str) -> Box<dyn Fn(&[T]) -> T + Send + Sync>) {
    let mut wrong = Vec::new();
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let leaves: Vec<T> = tensors(&case["leaves"]).iter().map(Tensor::tracked).collect();
        let y = function(name)(&leaves);
        let w: Vec<f64> = (0..y.len()).map(|i| ((i + 1) as f64).cos()).collect();
        let l = (&y * Tensor::from_slice(y.shape(), &w)).sum();
        let g = Grad::of(&l).wrt(&leaves).create_graph().run().unwrap();
        let s: T = g.iter().map(|g| g.square().sum()).sum();
        let h = if s.is_tracked() {
            Grad::of(&s).wrt(&leaves).allow_unused().run().unwrap()
        } else {
            leaves.iter().map(Tensor::zeros_like).collect()
        };
        let mut check = |what: &str, got: &T, want: &T| {
            let e = close(got, want);
            if e.is_nan() || e > 1e-9 {
                wrong.push(format!("{name}, {what}: {e:e}"));
            }
        };
        check("output", &y, &tensor(&case["y"]));
        for (i, (g, want)) in g.iter().zip(tensors(&case["g"])).enumerate() {
            check(&format!("gradient {i}"), g, &want);
        }
        for (i, (h, want)) in h.iter().zip(tensors(&case["h"])).enumerate() {
            check(&format!("second gradient {i}"), h, &want);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn third_orders_are_differences_of_the_second() {
    let mut wrong = Vec::new();
    for case in cases() {
        let name = case["name"].as_str().unwrap().to_owned();
        // Below ε the gradient is not the value's: finite differences of the value do not apply.
        if name == "gaussian_nll_below" {
            continue;
        }
        let f = function(&name);
        if let Err(e) = check_grads(move |x: &Vec<T>| f(x), &tensors(&case["leaves"]), 3) {
            wrong.push(format!("{name}: {e}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
