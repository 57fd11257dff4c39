//! Regularisation: decay of weights, the price of a bound, masks, the size of the gradient.

use super::{Drawn, points, seeded};
use gradus::init::{Scheme, normal};
use gradus::nn::{Activation, Dropout, Linear, Sequential, cross_entropy};
use gradus::optim::constrained::Bridge;
use gradus::optim::schedule::{Schedule, cosine};
use gradus::optim::{Adam, AdamW, Objective, Optimise, Sgd, penalty};
use gradus::tensor::{Mode, Tensor, Tree};
use gradus::train::plot::Chart;
use gradus_examples::digits_data::{Batch, batch, load};
use gradus_examples::square;

/// ‖W‖_F over 300 full-batch steps on L + λ‖W‖_F².
fn norms(mut by: impl Optimise<f32>, lambda: f64, data: &Batch) -> Result<Vec<(f64, f64)>, gradus::optim::Error> {
    let objective = Objective::supervised(Linear::forward, cross_entropy).with(penalty::frobenius_sq(lambda));
    let mut net = Linear::new(64, 10, &mut seeded(0));
    let mut norms = Vec::new();
    for k in 0..=300 {
        norms.push((f64::from(k), square(&net.weight().value()).sqrt()));
        let value = objective.evaluate(&net, data, &mut Mode::eval())?;
        by.try_step(&mut net, &value.backward())?;
    }
    Ok(norms)
}

/// λ‖W‖² and coupled decay 2λ are one path under SGD, and two under Adam.
pub(crate) fn regularisation() -> Drawn {
    let (lambda, data) = (0.02, load(0).train);
    let coupled = norms(Sgd::new(0.5).weight_decay(2.0 * lambda), 0.0, &data)?;
    Ok(Chart::new("λ‖W‖_F² and weight decay, λ = 0.02, on the digits")
        .x_label("step")
        .y_label("‖W‖_F")
        .line("SGD, no decay", norms(Sgd::new(0.5), 0.0, &data)?)
        .line("SGD, penalty λ‖W‖_F²", norms(Sgd::new(0.5), lambda, &data)?)
        .dots("SGD, coupled decay 2λ", coupled.into_iter().step_by(20).collect())
        .line("Adam, coupled decay 2λ", norms(Adam::new(1e-2).weight_decay(2.0 * lambda), 0.0, &data)?)
        .line("AdamW, decoupled decay 2λ", norms(AdamW::new(1e-2).weight_decay(2.0 * lambda), 0.0, &data)?))
}

/// min F over ‖w‖² ≤ γ against the same minimum, reached by F + λ‖w‖²: the slope of the curve is −λ.
pub(crate) fn penalty_or_constraint() -> Drawn {
    let mut rng = seeded(0);
    let x = Tensor::<f64>::from(normal(0.0, 1.0).sample((50, 5), &mut rng));
    let y = x.matmul(&Tensor::from_slice(&[5], &[1.0, -0.5, 0.3, 0.0, 0.8]))
        + Tensor::from(normal(0.0, 0.3).sample(50, &mut rng));
    let risk = |w: &Tensor<f64>| (x.matmul(w) - &y).square().mean();
    let norm = |w: &Tensor<f64>| w.square().sum();
    let bridge = Bridge::new(&risk, &norm);
    let mut w = Tensor::<f64>::zeros(&[5]).tracked();
    let lambdas: Vec<f64> = (0..25).map(|i| 10.0 * 0.75_f64.powi(i)).collect();
    let path = bridge.path(&lambdas, &mut w)?;
    let at = &path[path.iter().position(|p| p.lambda < 0.6).unwrap_or(0)];
    let (gamma, lambda, f) = (at.gamma, at.lambda, at.risk);
    let tangent = [gamma - 0.45, gamma + 0.6].map(|g| (g, f - lambda * (g - gamma)));
    Ok(Chart::new("Least squares: the least F on ‖w‖² ≤ γ")
        .x_label("γ")
        .y_label("F")
        .dots("minimisers of F + λ‖w‖²", path.iter().map(|p| (p.gamma, p.risk)).collect())
        .line(&format!("slope −λ at λ = {lambda:.2}"), tangent.to_vec()))
}

/// The mean of a unit with a = 1 over k masks, p = 0.3: both forms of dropout.
pub(crate) fn dropout() -> Drawn {
    let mut rng = seeded(3);
    let mut means = |layer: Dropout<f64>| -> Vec<(f64, f64)> {
        let mut sum = 0.0;
        let one = Tensor::ones(&[1, 1]);
        let mut mean = |k: i32| {
            sum += layer.forward(&one, &mut Mode::train(&mut rng)).item();
            (f64::from(k), sum / f64::from(k))
        };
        (1..=500).map(&mut mean).collect()
    };
    Ok(Chart::new("A unit a = 1 under dropout with p = 0.3")
        .x_label("masks k")
        .y_label("mean of a' over k masks")
        .line("inverted, y·a/(1 − p)", means(Dropout::new(0.3)))
        .line("a", points(500, |_| 1.0))
        .line("standard, y·a", means(Dropout::new(0.3).standard()))
        .line("(1 − p) a", points(500, |_| 0.7)))
}

/// ‖∇L‖² over the training set while L + λ‖∇L‖² + 0.005‖W‖² is minimised.
pub(crate) fn gradient_penalty() -> Drawn {
    let mut chart =
        Chart::new("‖∇_w L‖² while F = L + λ‖∇_w L‖² is minimised").x_label("epoch").y_label("‖∇_w L‖²").log_y();
    for lambda in [0.0, 0.5, 2.0] {
        let (data, mut rng) = (load(0), seeded(0));
        let mut net = Sequential::new().then(Linear::new(64, 48, &mut rng)).then(Activation::tanh());
        net = net.then(Linear::new(48, 10, &mut rng));
        let objective = Objective::supervised(Sequential::forward, cross_entropy).with(penalty::frobenius_sq(5e-3));
        let objective = if lambda > 0.0 { objective.with(penalty::gradient_norm_sq(lambda)) } else { objective };
        let mut adam = Adam::new(2e-3).schedule(cosine(50).by_epoch());
        let mut sizes = Vec::new();
        for epoch in 0..=50 {
            let gradient = objective.data_term(&net, &data.train, &mut Mode::eval()).backward().wrt(&net);
            sizes.push((f64::from(epoch), gradient.leaves().iter().map(square).sum()));
            for part in data.set.batches(64, &mut rng) {
                let part: Batch = batch(&part);
                let value = objective.evaluate(&net, &part, &mut Mode::train(&mut rng))?;
                adam.try_step(&mut net, &value.backward())?;
            }
            adam.end_epoch();
        }
        chart = chart.line(&format!("λ = {lambda}"), sizes);
    }
    Ok(chart)
}
