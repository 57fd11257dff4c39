//! Laws of starts from data: unit variance from layer to layer, every unit with mean 0 and variance 1.

use gradus_nn::constraints::Stiefel;
use gradus_nn::init::{normal, orthogonal};
use gradus_nn::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus_nn::tensor::{Mode, Tensor};
use gradus_nn::{
    Activation, Conv2d, ConvTranspose2d, ErrorKind, Func, Inspect, Layer, Linear, Lsuv, MaxPool, Sequential, capture,
    start_from_data,
};

type T = Tensor<f64>;

fn rng() -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(11)
}

fn batch(shape: &[usize]) -> T {
    let n = shape.iter().product::<usize>();
    let x: Vec<f64> = (0..n).map(|i| (i as f64 * 1.7).sin() * 3.0 + (i as f64 * 0.013).cos()).collect();
    Tensor::from_slice(shape, &x)
}

fn deep(depth: usize) -> Sequential<f64> {
    let r = &mut rng();
    (0..depth).fold(Sequential::new(), |net, _| {
        net.then(Linear::builder(16, 16).init(orthogonal(1.0)).build(r)).then(Activation::relu())
    })
}

#[test]
fn every_layer_gets_unit_variance_and_keeps_its_directions() {
    let (x, mut net) = (batch(&[64, 16]), deep(20));
    let run = |net: &Sequential<f64>, mode: &mut Mode| net.forward(&x, mode);
    let untouched = deep(20);
    let done = Lsuv::new().tolerance(1e-6).start(&mut net, &Mode::eval(), run).unwrap();
    assert_eq!(done.len(), 20);
    let seen = capture(&net, &mut Mode::eval(), run);
    for layer in &done {
        // One factor brings a layer without bias to 1; a second run only finds that it did.
        assert!(layer.changes <= 2, "{layer:?}");
        let variance = seen.output_of(&layer.name).unwrap().var(0).item();
        assert!((variance - 1.0).abs() <= 1e-6 && (layer.after - variance).abs() < 1e-12, "{layer:?}");
    }
    let (before, after) = (gradus_nn::state(&untouched), gradus_nn::state(&net));
    let (a, b) = (&before["8.weight"], &after["8.weight"]);
    let ratio = b.to_vec()[0] / a.to_vec()[0];
    let apart = (a * ratio - b).abs().to_vec().into_iter().fold(0.0, f64::max);
    assert!(ratio > 0.0 && apart < 1e-12, "the weight is the old one times one positive factor: {apart:e}");
}

#[test]
fn every_unit_gets_mean_0_and_variance_1() {
    let r = &mut rng();
    let x = batch(&[6, 2, 8, 8]);
    let net = Sequential::<f64>::new().then(Conv2d::builder(2, 4, [3, 3]).groups(2).build(r)).then(Activation::tanh());
    let net = net.then(MaxPool::new([2, 2])).then(ConvTranspose2d::builder(4, 6, [2, 2]).groups(2).build(r));
    let mut net = net.then(Activation::relu()).then(Func::flatten()).then(Linear::new(96, 5, r));
    let run = |net: &Sequential<f64>, mode: &mut Mode| net.forward(&x, mode);
    let done = start_from_data(&mut net, &Mode::eval(), run).unwrap();
    assert_eq!(done.iter().map(|d| d.name.as_str()).collect::<Vec<_>>(), ["0", "3", "6"]);
    let seen = net.capture(&x, &mut Mode::eval());
    for (name, axes) in [("0", &[0, 2, 3][..]), ("3", &[0, 2, 3]), ("6", &[0])] {
        let z = seen.output_of(name).unwrap();
        let (mean, variance) = (z.mean_axes(axes, false).to_vec(), z.var_axes(axes, 0, false).to_vec());
        assert!(mean.iter().all(|m| m.abs() < 1e-12), "{name}: {mean:?}");
        assert!(variance.iter().all(|v| (v - 1.0).abs() < 1e-12), "{name}: {variance:?}");
    }
}

#[test]
fn without_bias_means_stay_and_variances_are_1() {
    let mut net = Linear::<f64>::builder(4, 3).bias(false).init(normal(0.0, 0.3)).build(&mut rng());
    let x = batch(&[32, 4]) + 1.0;
    let done = start_from_data(&mut net, &Mode::eval(), |net, mode| net.forward(&x, mode)).unwrap();
    assert_eq!(done[0].name, "", "the net is the layer");
    let z = net.forward(&x, &mut Mode::eval());
    assert!(z.var_axes(&[0], 0, false).to_vec().iter().all(|v| (v - 1.0).abs() < 1e-12));
}

#[test]
fn what_cannot_start_is_said_and_constrained_weights_stay() {
    let r = &mut rng();
    let mut flat = Linear::<f64>::builder(4, 3).init(gradus_nn::init::zeros()).build(r);
    let x = batch(&[8, 4]);
    let why = Lsuv::new().start(&mut flat, &Mode::eval(), |net, mode| net.forward(&x, mode)).unwrap_err();
    assert!(why.to_string().contains("have variance 0"), "{why}");
    let held = Linear::<f64>::builder(4, 4).constrain(Stiefel::expm()).build(r);
    let before = held.weight().value().to_vec();
    let mut net = Sequential::new().then(held).then(Linear::new(4, 2, r));
    let done = Lsuv::new().start(&mut net, &Mode::eval(), |net, mode| net.forward(&x, mode)).unwrap();
    assert_eq!(done.iter().map(|d| d.name.as_str()).collect::<Vec<_>>(), ["1"]);
    assert_eq!(gradus_nn::Named::named_parameters(&net)[0].1.value().to_vec(), before);
    let mut none = Activation::<f64>::relu();
    let why = Lsuv::new().start(&mut none, &Mode::eval(), |net, mode| Layer::forward(net, &x, mode)).unwrap_err();
    assert_eq!(why.kind(), ErrorKind::Name);
}
