//! The signal report against closed forms: linear nets with known weights, orthogonal layers, dead and flat units, losses in a format.

use gradus_data::digits;
use gradus_nn::init::{Scheme, normal, orthogonal};
use gradus_nn::{Activation, BatchNorm, Conv2d, ConvTranspose2d, Linear, Module, Residual, Sequential, cross_entropy};
use gradus_tensor::floats::Format;
use gradus_tensor::{Index, Mode, Tensor};
use gradus_train::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus_train::signal::{Signal, SignalReport};

fn rng(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

fn noise(shape: &[usize], seed: u64) -> Tensor {
    Tensor::from(&normal(0.0, 1.0).sample::<f32, _>(shape, &mut rng(seed)))
}

fn run(net: &Sequential, x: &Tensor, signal: Signal) -> SignalReport {
    signal.run(net, x, &Mode::eval(), Sequential::forward, |y| y.square().sum() * 0.5).expect("runs")
}

fn close(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance * b.abs().max(1e-30), "{a} for {b}");
}

/// y = V W x and L = ½ Σ y²: ∂L/∂y = y, ∂L/∂(W x) = Vᵀ y; singular values of diagonal W and V are their entries.
#[test]
fn a_linear_net_with_known_weights() {
    let w = Tensor::from_slice(&[3, 3], &[2.0, 0.0, 0.0, 0.0, -0.5, 0.0, 0.0, 0.0, 1.0]);
    let v = Tensor::from_slice(&[2, 3], &[0.0, 3.0, 0.0, 4.0, 0.0, 0.0]);
    let b = Tensor::from_slice(&[3], &[0.0, 0.0, 6.0]);
    let net = Sequential::new().then(Linear::from_weights(&w, Some(&b))).then(Linear::from_weights(&v, None));
    let x = Tensor::from_slice(&[2, 3], &[1.0, 2.0, 0.0, -1.0, 0.0, 3.0]);
    let report = run(&net, &x, Signal::new().jacobians(2));
    let [first, second] = report.layers() else { panic!("two layers") };
    // W x + b = (2, −1, 6), (−2, 0, 9).
    close(first.activations.mean, 14.0 / 6.0, 1e-6);
    close(first.activations.mean_square(), (4.0 + 1.0 + 36.0 + 4.0 + 81.0) / 6.0, 1e-6);
    // n_in E[W²] E[x²] + E[b²] = 3 · 5.25/9 · 15/6 + 36/3.
    close(first.predicted.unwrap(), 3.0 * 5.25 / 9.0 * 2.5 + 12.0, 1e-6);
    let spectrum = first.jacobian.as_ref().unwrap();
    assert_eq!(spectrum.values().len(), 6);
    for (got, wanted) in spectrum.values().iter().zip([2.0, 2.0, 1.0, 1.0, 0.5, 0.5]) {
        close(*got, wanted, 1e-6);
    }
    close(spectrum.spread(), 4.0, 1e-6);
    // y = (−3, 8), (0, −8): Vᵀ y = (32, −9, 0), (−32, 0, 0); the third unit has no gradient.
    close(second.activations.mean_square(), (9.0 + 64.0 + 64.0) / 4.0, 1e-6);
    close(second.gradients.mean_square(), second.activations.mean_square(), 1e-6);
    close(first.gradients.mean_square(), (2.0 * 1024.0 + 81.0) / 6.0, 1e-6);
    close(first.dead, 1.0 / 3.0, 1e-12);
    // Vᵀ y is what the second sends back, of n_out E[V²] E[y²] = 2 · 25/6 · 137/4; Wᵀ of that what the first does.
    close(second.input_gradients.unwrap().mean_square(), first.gradients.mean_square(), 1e-6);
    close(second.predicted_gradient.unwrap(), 2.0 * 25.0 / 6.0 * 137.0 / 4.0, 1e-6);
    close(first.input_gradients.unwrap().mean_square(), (2.0 * 4096.0 + 20.25) / 6.0, 1e-6);
    close(first.predicted_gradient.unwrap(), 3.0 * 5.25 / 9.0 * (2.0 * 1024.0 + 81.0) / 6.0, 1e-6);
    let spectrum = second.jacobian.as_ref().unwrap();
    close(spectrum.largest(), 4.0, 1e-6);
    close(spectrum.smallest(), 3.0, 1e-6);
    assert_eq!((first.name.as_str(), first.kind.as_str()), ("0", "Linear"));
    close(report.loss(), 137.0 / 2.0, 1e-6);
}

/// Orthogonal layers: all singular values 1, and E y² the same at every layer, forwards and backwards.
#[test]
fn orthogonal_layers_are_isometries() {
    let mut net = Sequential::new();
    for seed in 0..12 {
        net = net.then(Linear::builder(24, 24).bias(false).init(orthogonal(1.0)).build(&mut rng(seed)));
    }
    let x = noise(&[16, 24], 99);
    let report = run(&net, &x, Signal::new());
    let size = f64::from(x.square().mean().item());
    for layer in report.layers() {
        let s = layer.jacobian.as_ref().unwrap();
        assert!((s.largest() - 1.0).abs() < 1e-5 && (s.smallest() - 1.0).abs() < 1e-5, "{}: {s:?}", layer.name);
        close(layer.activations.mean_square(), size, 1e-4);
        close(layer.gradients.mean_square(), size, 1e-4);
        close(layer.predicted.unwrap(), size, 1e-4);
    }
}

#[test]
fn dead_and_flat_units_are_counted() {
    // Unit 1 of the ReLU is dead; tanh at 5 has slope 2e-4.
    let w = Tensor::from_slice(&[2, 1], &[1.0, -1.0]);
    let net = Sequential::new().then(Linear::from_weights(&w, None)).then(Activation::relu());
    let x = Tensor::from_slice(&[3, 1], &[1.0, 0.5, 2.0]);
    let report = run(&net, &x, Signal::new());
    assert_eq!([report.layers()[0].dead, report.layers()[1].dead], [0.5, 0.5]);
    assert_eq!((report.layers()[0].saturated, report.layers()[1].saturated), (None, Some(0.5)));
    let s = report.layers()[1].jacobian.as_ref().unwrap();
    assert_eq!((s.largest(), s.smallest()), (1.0, 0.0));
    let net = Sequential::new().then(Activation::tanh());
    let report = run(&net, &Tensor::from_slice(&[2, 2], &[0.1, 5.0, -5.0, 0.2]), Signal::new());
    assert_eq!((report.layers()[0].dead, report.layers()[0].saturated), (0.0, Some(0.5)));
}

#[test]
fn what_a_format_loses() {
    let net = Sequential::new().then(Activation::new("copy", |x: &Tensor| x * 1));
    let x = Tensor::from_slice(&[1, 5], &[1.0, 1e-9, 1e6, 0.0, -3.0]);
    let share = |format| {
        let layer = &run(&net, &x, Signal::new().format(format)).layers()[0].clone();
        (layer.lost_activations, layer.lost_gradients)
    };
    assert_eq!([Format::FP16, Format::BF16].map(share), [(0.4, 0.4), (0.0, 0.0)]);
}

/// Strides, groups, transposed kernels, borders: over draws of the weights both predictions are the mean, within 5 standard errors.
#[test]
fn the_predictions_count_the_products_of_a_convolution() {
    let (x, c, draws) = (noise(&[16, 6, 12, 12], 10), noise(&[16, 40, 10, 10], 11), 40);
    let mut ratios: Vec<[f64; 2]> = Vec::new();
    for seed in 0..draws {
        let rng = &mut rng(100 + seed);
        let net = Sequential::new()
            .then(Conv2d::builder(6, 40, [2, 2]).stride([2, 2]).groups(2).bias(false).build(rng))
            .then(ConvTranspose2d::builder(40, 6, [2, 2]).stride([2, 2]).groups(2).bias(false).build(rng))
            .then(Conv2d::builder(6, 40, [3, 3]).bias(false).build(rng));
        let signal = Signal::new().jacobians(0);
        let report = signal.run(&net, &x, &Mode::eval(), Sequential::forward, |y| (y * &c).sum()).expect("runs");
        ratios.extend(report.layers().iter().map(|l| {
            let back = l.input_gradients.unwrap().mean_square() / l.predicted_gradient.unwrap();
            [l.activations.mean_square() / l.predicted.unwrap(), back]
        }));
    }
    for (layer, way) in (0..3).flat_map(|layer| [(layer, 0), (layer, 1)]) {
        let r: Vec<f64> = ratios.iter().skip(layer).step_by(3).map(|r| r[way]).collect();
        let mean = r.iter().sum::<f64>() / draws as f64;
        let error = (r.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / (draws * (draws - 1)) as f64).sqrt();
        assert!((mean - 1.0).abs() < 5.0 * error && error < 0.04, "layer {layer}, way {way}: {mean} ± {error}");
    }
}

/// On real digits, which are not centred, and after ReLU: E y² within 5 sigma of n_in Var W E[x²] in every layer.
#[test]
fn the_prediction_holds_on_digits() {
    let data = digits();
    let x = Tensor::from(&data.x.mapv(|x| x / 16.0)).narrow(0, 0, 400);
    let labels = Index::new(&[400], data.y.iter().take(400).map(|&y| y as u32).collect());
    let (n, rng) = (600, &mut rng(5));
    let mut net = Sequential::new();
    for layer in 0..8 {
        let dense = Linear::builder(if layer == 0 { 64 } else { n }, n).init(gradus_nn::init::he_normal()).build(rng);
        net = net.then(dense).then(Activation::relu());
    }
    let net = net.then(Linear::new(n, 10, rng));
    let report = Signal::new()
        .jacobians(0)
        .run(&net, &x, &Mode::eval(), Sequential::forward, |y| cross_entropy(y, &labels))
        .expect("runs");
    for layer in report.layers().iter().filter(|l| l.predicted.is_some() && l.shape[1] == n) {
        let predicted = layer.predicted.unwrap();
        // Over the draw of W the n outputs of one sample are independent normals; samples share W, so n numbers count.
        let sigma = predicted * (2.0 / n as f64).sqrt();
        let got = layer.activations.mean_square();
        assert!((got - predicted).abs() < 5.0 * sigma, "{}: {got} for {predicted}", layer.name);
    }
    assert!(report.layers().iter().all(|l| l.jacobian.is_none()));
}

#[derive(Debug, Module)]
struct Own {
    conv: Conv2d,
    norm: BatchNorm,
    block: Residual<Linear>,
}

impl Own {
    fn forward(&self, x: &Tensor, mode: &mut Mode) -> Tensor {
        let h = self.norm.forward(&self.conv.forward(x, mode), mode).relu();
        self.block.forward(&h.reshape(&[x.shape()[0], 32]), mode)
    }
}

/// A module of one's own, layers inside layers, statistics of the batch: nothing changes, all rows have names, the files have them too.
#[test]
fn any_module_and_unchanged() {
    let rng = &mut rng(6);
    let net = Own {
        conv: Conv2d::builder(1, 2, [3, 3]).padding([1, 1]).build(rng),
        norm: BatchNorm::new(2),
        block: Residual::new(Linear::new(32, 32, rng)),
    };
    let (x, mode) = (noise(&[6, 1, 4, 4], 7), Mode::train(rng));
    let before = net.norm.running().0.updates();
    let report = Signal::new().run(&net, &x, &mode, Own::forward, |y| y.square().mean()).expect("runs");
    assert_eq!(net.norm.running().0.updates(), before);
    let names: Vec<_> = report.layers().iter().map(|l| l.name.as_str()).collect();
    assert_eq!(names, ["conv", "norm", "block.body", "block"]);
    close(report.layer("norm").unwrap().activations.mean_square(), 1.0, 1e-2);
    assert!(report.layer("conv").unwrap().predicted.is_some() && report.layer("norm").unwrap().predicted.is_none());
    // The Jacobian of x + W x, against that of the matrix itself.
    let w = Tensor::eye(32) + net.block.body().weight().value().detach();
    let s = w.singular_values().unwrap().to_vec();
    close(report.layer("block").unwrap().jacobian.as_ref().unwrap().largest(), f64::from(s[0]), 1e-5);
    let (table, csv, svg) = (report.to_string(), report.csv(), report.svg());
    assert!(names.iter().all(|n| table.contains(n) && csv.contains(n)), "{table}\n{csv}");
    assert_eq!(csv.lines().count(), 5);
    assert!(csv.lines().all(|l| l.matches(',').count() == 17), "{csv}");
    // One picture of two charts.
    assert!(svg.matches("<svg").count() == 1 && svg.matches("</svg>").count() == 1);
    assert!(["predicted", "Signals and gradients by layer", "Singular values"].iter().all(|text| svg.contains(text)));
}

#[test]
fn a_net_that_does_not_report_is_refused() {
    let net = Sequential::new().then(Linear::<f32>::new(2, 2, &mut rng(8)));
    let error =
        Signal::new().run(&net, &Tensor::ones(&[1, 2]), &Mode::eval(), |_, x, _| x.square(), Tensor::sum).unwrap_err();
    assert!(error.to_string().contains("no layer reported itself"), "{error}");
}
