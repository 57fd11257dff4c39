//! Risk and descent: what a mini-batch's loss has to do with F, and how fast F falls.

use super::{Drawn, points, seeded};
use gradus::ndarray::array;
use gradus::nn::{Linear, cross_entropy};
use gradus::optim::solve::{Fixed, GradientDescent, Record, Stop};
use gradus::tensor::{Index, Mode, Tensor};
use gradus::train::plot::Chart;
use gradus_examples::digits_data::{batch, load};

/// The mini-batches of one epoch at fixed weights: their mean, weighted by size, ends at F.
pub(crate) fn risk() -> Drawn {
    let (data, mut rng) = (load(0), seeded(0));
    let net = Linear::new(64, 10, &mut rng);
    let loss = |x: &Tensor, y: &Index| f64::from(cross_entropy(&net.forward(x, &mut Mode::eval()), y).item());
    let (mut sum, mut seen) = (0.0, 0.0);
    let (mut each, mut mean) = (Vec::new(), Vec::new());
    for (k, part) in data.set.batches(64, &mut rng).enumerate() {
        let ((x, y), n) = (batch(&part), part.y.len() as f64);
        let value = loss(&x, &y);
        (sum, seen) = (sum + n * value, seen + n);
        each.push(((k + 1) as f64, value));
        mean.push(((k + 1) as f64, sum / seen));
    }
    let f = loss(&data.train.0, &data.train.1);
    let whole = each.iter().map(|p| (p.0, f)).collect();
    Ok(Chart::new("Losses of one epoch's mini-batches at fixed weights")
        .x_label("mini-batch")
        .y_label("cross-entropy")
        .dots("L of the batch", each)
        .dots("mean so far, weighted by size", mean)
        .line("F over all samples", whole))
}

/// ‖∇F(w_k)‖ on a quadratic with eigenvalues μ = 1 and L = 20, beside ρ^k ‖∇F(w₀)‖.
pub(crate) fn descent() -> Drawn {
    let (mu, l, n) = (1.0, 20.0, 60);
    let eigenvalues = Tensor::from(array![mu, l]);
    let norms = |rate: f64| {
        let mut w = Tensor::from(array![20.0, 0.1]).tracked();
        let risk = |w: &Tensor<f64>| (&eigenvalues * w.square()).sum() * 0.5;
        let report = GradientDescent::new(Fixed(rate)).stop(Stop::Iterations(n)).run(&mut w, risk)?;
        let point = |p: &Record| (p.iteration as f64, p.gradient_norm);
        Ok::<Vec<_>, gradus::optim::Error>(report.curve.iter().map(point).collect())
    };
    let (safe, best, kappa) = (norms(1.0 / l)?, norms(2.0 / (mu + l))?, l / mu);
    let start = best[0].1;
    Ok(Chart::new("‖∇F‖ on a quadratic with κ = 20")
        .x_label("iteration k")
        .y_label("‖∇F(w_k)‖")
        .log_y()
        .dots("α = 1/L", safe)
        .line("(1 − 1/κ)^k", points(n as usize, |k| start * (1.0 - 1.0 / kappa).powf(k)))
        .dots("α = 2/(μ + L)", best)
        .line("((κ − 1)/(κ + 1))^k", points(n as usize, |k| start * ((kappa - 1.0) / (kappa + 1.0)).powf(k)))
        .line("α = 2.2/L diverges", norms(2.2 / l)?))
}
