//! The workloads of benches/README.md in burn (its `flex` device), as far as it can do them: first derivatives only.

use std::cell::RefCell;
use std::rc::Rc;

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::pool::MaxPool2dConfig;
use burn::nn::{BatchNorm, BatchNormConfig, Dropout, DropoutConfig, Linear, LinearConfig, PaddingConfig2d};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::activation::{relu, sigmoid, softplus};
use burn::tensor::{Device, Int, Tensor, TensorData};
use talk::{Work, serve, stream, weight};

fn device() -> Device {
    Device::flex().autodiff()
}

fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), &device())
}

fn normals<const D: usize>(s: u64, shape: [usize; D]) -> Tensor<D> {
    tensor(stream::normals(s, shape.iter().product(), 1.0), shape)
}

fn labels(n: usize) -> Tensor<1, Int> {
    let classes: Vec<i32> = stream::classes(2, n, 10).into_iter().map(|c| c as i32).collect();
    Tensor::from_data(TensorData::new(classes, [n]), &device())
}

/// burn keeps W as `[n_in, n_out]`.
fn linear(s: u64, n_in: usize, n_out: usize) -> Linear {
    let mut layer = LinearConfig::new(n_in, n_out).init(&device());
    let w = weight(s, n_out, n_in);
    let turned = (0..n_in * n_out).map(|k| w[(k % n_out) * n_in + k / n_out]).collect();
    layer.weight = Param::from_tensor(tensor(turned, [n_in, n_out]));
    layer.bias = Some(Param::from_tensor(Tensor::zeros([n_out], &device())));
    layer
}

fn conv(s: u64, n_in: usize, n_out: usize) -> Conv2d {
    let config = Conv2dConfig::new([n_in, n_out], [3, 3]).with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1));
    let mut layer = config.init(&device());
    layer.weight = Param::from_tensor(tensor(weight(s, n_out, n_in * 9), [n_out, n_in, 3, 3]));
    layer.bias = Some(Param::from_tensor(Tensor::zeros([n_out], &device())));
    layer
}

fn number(loss: Tensor<1>) -> Option<f64> {
    Some(f64::from(loss.into_scalar::<f32>()))
}

/// A step on a loss of a module.
fn trained<M: Module + 'static>(
    net: M,
    mut optimiser: ModuleOptimizer,
    loss: impl Fn(&M) -> Tensor<1> + 'static,
) -> Work {
    let (net, loss) = (Rc::new(RefCell::new(Some(net))), Rc::new(loss));
    let (shared, again) = (Rc::clone(&net), Rc::clone(&loss));
    let step = move || {
        let held = net.borrow_mut().take().expect("a net");
        let grads = GradientsParams::from_grads(loss(&held).backward(), &held);
        *net.borrow_mut() = Some(optimiser.step(1e-3, held, grads));
    };
    let last = move || number(again(shared.borrow().as_ref().expect("a net")));
    Work { step: Box::new(step), loss: Box::new(last) }
}

fn sgd(decay: Option<f32>) -> ModuleOptimizer {
    let momentum = MomentumConfig::new().with_momentum(0.9).with_dampening(0.0);
    SgdConfig::new().with_momentum(Some(momentum)).with_weight_decay(decay.map(WeightDecayConfig::new)).init()
}

fn adam() -> ModuleOptimizer {
    AdamConfig::new().with_epsilon(1e-8).init()
}

#[derive(Module, Debug)]
struct Mlp {
    layers: Vec<Linear>,
    norms: Vec<BatchNorm>,
    dropout: Dropout,
}

fn mlp(sizes: &[usize], p: f64, batch: usize) -> Work {
    let net = Mlp {
        layers: sizes.windows(2).enumerate().map(|(i, n)| linear(10 + i as u64, n[0], n[1])).collect(),
        norms: sizes[1..sizes.len() - 1].iter().map(|n| BatchNormConfig::new(*n).init(&device())).collect(),
        dropout: DropoutConfig::new(p).init(),
    };
    let (x, labels) = (normals(1, [batch, sizes[0]]), labels(batch));
    let entropy = CrossEntropyLossConfig::new().init(&device());
    trained(net, sgd(Some(1e-4)), move |net: &Mlp| {
        let mut h = x.clone();
        for (layer, norm) in net.layers.iter().zip(&net.norms) {
            h = net.dropout.forward(relu(norm.forward(layer.forward(h))));
        }
        entropy.forward(net.layers[net.norms.len()].forward(h), labels.clone())
    })
}

#[derive(Module, Debug)]
struct Gaussian {
    mean: Vec<Linear>,
    spread: Vec<Linear>,
}

fn tiny_gaussian() -> Work {
    let net = |s| vec![linear(s, 8, 50), linear(s + 1, 50, 1)];
    let run = |net: &[Linear], x: &Tensor<2>| net[1].forward(relu(net[0].forward(x.clone())));
    let (x, y) = (normals(1, [32, 8]), normals(3, [32, 1]));
    trained(Gaussian { mean: net(10), spread: net(20) }, adam(), move |net: &Gaussian| {
        let v = softplus(run(&net.spread, &x), 1.0) + 1e-6;
        let miss = y.clone() - run(&net.mean, &x);
        (v.clone().log() + miss.clone() * miss / v).mean() * 0.5
    })
}

#[derive(Module, Debug)]
struct Cnn {
    convs: Vec<Conv2d>,
    norms: Vec<BatchNorm>,
    head: Vec<Linear>,
}

fn cnn() -> Work {
    let net = Cnn {
        convs: vec![conv(10, 1, 32), conv(11, 32, 64)],
        norms: vec![BatchNormConfig::new(32).init(&device()), BatchNormConfig::new(64).init(&device())],
        head: vec![linear(12, 3136, 128), linear(13, 128, 10)],
    };
    let (x, labels) = (normals(1, [64, 1, 28, 28]), labels(64));
    let entropy = CrossEntropyLossConfig::new().init(&device());
    let pool = MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init();
    trained(net, sgd(None), move |net: &Cnn| {
        let mut h = x.clone();
        for (conv, norm) in net.convs.iter().zip(&net.norms) {
            h = pool.forward(relu(norm.forward(conv.forward(h))));
        }
        let h = relu(net.head[0].forward(h.flatten::<2>(1, 3)));
        entropy.forward(net.head[1].forward(h), labels.clone())
    })
}

/// The gradient of a loss in one leaf; with dropout off (the check) a step of descent follows.
fn gradient<const D: usize>(leaf: Tensor<D>, loss: fn(Tensor<D>) -> Tensor<1>, timed: bool) -> Work {
    let held = Rc::new(RefCell::new(leaf.require_grad()));
    let again = Rc::clone(&held);
    let step = move || {
        let x = held.borrow().clone();
        let grads = loss(x.clone()).backward();
        let g = x.grad(&grads).expect("a gradient");
        if !timed {
            *held.borrow_mut() = (x.inner() - g * 1e-3).autodiff().require_grad();
        }
    };
    Work { step: Box::new(step), loss: Box::new(move || number(loss(again.borrow().clone()))) }
}

fn elementwise(x: Tensor<1>) -> Tensor<1> {
    let bell = (x.clone() * x.clone()).neg().exp();
    (sigmoid(x.clone()) * softplus(x, 1.0) + bell).sum()
}

#[derive(Module, Debug)]
struct Numbers {
    p: Param<Tensor<1>>,
}

fn adam_10m() -> Work {
    let n = 10_000_000;
    let net = Rc::new(RefCell::new(Some(Numbers { p: Param::from_tensor(normals(1, [n])) })));
    let (shared, id) = (Rc::clone(&net), net.borrow().as_ref().expect("numbers").p.id);
    let (g, mut optimiser) = (normals(2, [n]).inner(), adam());
    let step = move || {
        let mut grads = GradientsParams::new();
        grads.register(id, g.clone());
        let held = net.borrow_mut().take().expect("numbers");
        *net.borrow_mut() = Some(optimiser.step(1e-3, held, grads));
    };
    let last = move || {
        let p = shared.borrow().as_ref().expect("numbers").p.val().inner();
        number((p.clone() * p).mean())
    };
    Work { step: Box::new(step), loss: Box::new(last) }
}

fn tanh_100(x: Tensor<2>) -> Tensor<2> {
    (0..100).fold(x, |y, _| y.tanh())
}

fn chain(backward: bool, timed: bool) -> Work {
    let x = normals(1, [4, 4]);
    if timed && !backward {
        let x = x.require_grad();
        return Work { step: Box::new(move || drop(tanh_100(x.clone()))), loss: Box::new(|| None) };
    }
    gradient(x, |x| tanh_100(x).sum(), timed)
}

fn main() {
    serve(&[
        ("mlp_digits", 1, |on| mlp(&[64, 128, 128, 10], if on { 0.2 } else { 0.0 }, 64)),
        ("mlp_bn_dropout", 1, |on| mlp(&[784, 512, 512, 10], if on { 0.5 } else { 0.0 }, 128)),
        ("tiny_gaussian", 1, |_| tiny_gaussian()),
        ("cnn", 1, |_| cnn()),
        ("elementwise", 1, |on| gradient(normals(1, [1 << 20]), elementwise, on)),
        ("adam_10m", 1, |_| adam_10m()),
        ("chain_tanh_forward", 100, |on| chain(false, on)),
        ("chain_tanh", 100, |on| chain(true, on)),
    ]);
}
