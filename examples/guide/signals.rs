//! Signals: normalised, started with the right variance, and stored in few bits.

use super::{Drawn, points, seeded};
use gradus::init::{Distribution, Fan, Scheme, VarianceScaling, normal};
use gradus::kernels::floats::{Format, round_nearest};
use gradus::nn::{Activation, BatchNorm, Linear, Sequential, cross_entropy};
use gradus::optim::Sgd;
use gradus::tensor::{Mode, Tensor, no_grad};
use gradus::train::plot::Chart;
use gradus_examples::digits_data::{Digits, batch, load};

/// The training loss of a deep net, plain, with batch norm started from data (the same function), and with γ = 1, δ = 0.
pub(crate) fn batch_norm() -> Drawn {
    let data: Digits = load(0);
    let curve = |normed: bool, from_data: bool| {
        let mut rng = seeded(1);
        let mut net = Sequential::new();
        let mut h = data.train.0.clone();
        for _ in 0..8 {
            let layer = Linear::new(64, 64, &mut rng);
            let z = no_grad(|| layer.forward(&h, &mut Mode::eval()));
            net = net.then(layer);
            if normed {
                let mut norm = BatchNorm::new(64);
                if from_data {
                    norm.start_from(&z)?;
                }
                net = net.then(norm);
            }
            net = net.then(Activation::tanh());
            h = z.tanh();
        }
        let mut net = net.then(Linear::new(64, 10, &mut rng));
        let mut sgd = Sgd::new(0.05);
        let mut losses = Vec::new();
        for epoch in 0..=15 {
            // The loss of the function as training sees it; statistics of the whole set, and no update of the running ones.
            let mode = &mut Mode::train(&mut rng).again();
            let loss = no_grad(|| cross_entropy(&net.forward(&data.train.0, mode), &data.train.1));
            losses.push((f64::from(epoch), f64::from(loss.item())));
            for part in data.set.batches(64, &mut rng) {
                let (x, y) = batch(&part);
                let loss = cross_entropy(&net.forward(&x, &mut Mode::train(&mut rng)), &y);
                sgd.step(&mut net, &loss.backward());
            }
        }
        Ok::<_, gradus::nn::Error>(losses)
    };
    Ok(Chart::new("Eight layers of tanh on the digits, SGD with rate 0.05")
        .x_label("epoch")
        .y_label("training loss")
        .log_y()
        .line("plain", curve(false, false)?)
        .line("batch norm started from data: the same function", curve(true, true)?)
        .line("batch norm, γ = 1, δ = 0", curve(true, false)?))
}

/// E h_ℓ² through 50 layers of relu, Var W = g²/n_in, beside (g²/2)^ℓ.
pub(crate) fn initialisation() -> Drawn {
    let mut rng = seeded(0);
    let mut chart =
        Chart::new("E h² through 50 layers of relu, 256 wide, Var W = g²/n").x_label("layer ℓ").y_label("E h²").log_y();
    for (name, theory, gain_sq) in
        [("g² = 1", "2^(−ℓ)", 1.0_f64), ("g² = 2 (He)", "1", 2.0), ("g² = 2.4", "1.2^ℓ", 2.4)]
    {
        let scheme = VarianceScaling::new(gain_sq.sqrt(), Fan::In, Distribution::Normal);
        let mut h = Tensor::<f64>::from(normal(0.0, 1.0).sample((200, 256), &mut rng)).abs();
        let start = h.square().mean().item();
        let mut measured = vec![(0.0, start)];
        for layer in 1..=50 {
            h = h.matmul(&Tensor::from(scheme.sample((256, 256), &mut rng)).t()).relu();
            measured.push((f64::from(layer), h.square().mean().item()));
        }
        let says = points(50, |l| start * (gain_sq / 2.0).powf(l));
        chart = chart.dots(name, measured).line(theory, says);
    }
    Ok(chart)
}

/// The largest relative error of rounding to nearest in each binade 2^E.
pub(crate) fn floats() -> Drawn {
    let formats = [
        ("fp8 E5M2", Format::FP8_E5M2),
        ("fp8 E4M3", Format::FP8_E4M3),
        ("bf16", Format::BF16),
        ("fp16", Format::FP16),
    ];
    let mut chart = Chart::new("The largest relative error of rounding to nearest")
        .x_label("E, for 2^E ≤ x < 2^(E + 1)")
        .y_label("|fl(x) − x|/x")
        .log_y();
    for (name, format) in formats {
        let worst = |e: i32| {
            let each = (0..5000).map(|i| 2.0_f64.powi(e) * (1.0 + f64::from(i) / 5000.0));
            let each = each.filter(|x| *x <= format.max());
            each.map(|x| (round_nearest(x, format) - x).abs() / x).filter(|r| r.is_finite()).fold(0.0, f64::max)
        };
        let shown = |e: i32| 2.0_f64.powi(e) <= format.max() && 2.0_f64.powi(e) >= format.min_subnormal() / 2.0;
        chart = chart.line(name, (-30..18).filter(|e| shown(*e)).map(|e| (f64::from(e), worst(e))).collect());
    }
    Ok(chart)
}
