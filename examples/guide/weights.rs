//! Weights that are images: orthogonal ones, maps onto sets, and the variance that a second network says.

use super::{Drawn, seeded};
use gradus::constraints::{Interval, Positive, Stiefel};
use gradus::init::{Scheme, normal, orthogonal};
use gradus::nn::{Activation, GaussianRegressor, Linear, Sequential};
use gradus::optim::{Adam, Optimise, Sgd};
use gradus::tensor::{Mode, Param, Parametrization, Role, Tensor};
use gradus::train::plot::Chart;
use std::sync::Arc;

/// The largest entry of |WᵀW − I| over 1000 steps on ‖A W − B‖².
fn defects(
    mut by: impl Optimise<f32>,
    mut w: Param,
    [a, b]: [&Tensor; 2],
) -> Result<Vec<(f64, f64)>, gradus::optim::Error> {
    let mut defects = Vec::new();
    for k in 0..=1000 {
        if k % 20 == 0 {
            defects.push((f64::from(k), Stiefel::expm().defect(&w.value())));
        }
        let loss = (a.matmul(&w.value()) - b).square().mean();
        by.try_step(&mut w, &loss.backward())?;
    }
    Ok(defects)
}

/// Procrustes with W free or held, each from one orthogonal start.
pub(crate) fn orthogonality() -> Drawn {
    let mut rng = seeded(0);
    let a = Tensor::<f32>::from(normal(0.0, 1.0).sample((64, 16), &mut rng));
    let turned = a.matmul(&Tensor::from(orthogonal(1.0).sample((16, 16), &mut rng)));
    let b = turned + Tensor::from(normal(0.0, 0.5).sample((64, 16), &mut rng));
    let start = Tensor::from(orthogonal(1.0).sample((16, 16), &mut rng));
    let free = || Param::new(&start, Role::Weight);
    let held = |set: Stiefel| {
        let mut w = free();
        w.constrain(Arc::new(set)).map(|_| w)
    };
    Ok(Chart::new("Orthogonal Procrustes in f32: how far WᵀW is from I")
        .x_label("step")
        .y_label("largest entry of |WᵀW − I|")
        .log_y()
        .line("free, Adam", defects(Adam::new(1e-2), free(), [&a, &b])?)
        .line("free, SGD", defects(Sgd::new(0.1), free(), [&a, &b])?)
        .line("W = B·e^(V − Vᵀ), Adam", defects(Adam::new(1e-2), held(Stiefel::expm())?, [&a, &b])?)
        .line("Cayley's map, Adam", defects(Adam::new(1e-2), held(Stiefel::cayley())?, [&a, &b])?))
}

/// The maps x = g(y) of single numbers.
pub(crate) fn reparameterisation() -> Drawn {
    let y: Vec<f64> = (0..=100).map(|i| -2.5 + 0.045 * f64::from(i)).collect();
    let leaf = [Tensor::<f64>::from_slice(&[y.len()], &y)];
    let image = |g: &dyn Parametrization<f64>| y.iter().copied().zip(g.forward(&leaf).to_vec()).collect::<Vec<_>>();
    Ok(Chart::new("Maps from a free number onto a set")
        .x_label("y")
        .y_label("x = g(y)")
        .line("e^y, onto (0, ∞)", image(&Positive::exp()))
        .line("ln(1 + e^y), onto (0, ∞)", image(&Positive::softplus()))
        .line("y², onto [0, ∞)", image(&Positive::square()))
        .line("−1 + 2σ(y), onto (−1, 1)", image(&Interval::new(-1.0, 1.0))))
}

/// y ~ N(sin 2x, (0.05 + 0.15 (x + 2)/2)²): mean and interval of 90 % from two networks.
pub(crate) fn gaussian_regression() -> Drawn {
    let (n, mut rng) = (150, seeded(0));
    let x: Vec<f64> = (0..n).map(|i| -2.0 + 4.0 * i as f64 / (n - 1) as f64).collect();
    let noise = normal(0.0, 1.0).sample::<f64, _>(n, &mut rng);
    let y: Vec<f64> = x.iter().zip(&noise).map(|(x, e)| (2.0 * x).sin() + (0.05 + 0.075 * (x + 2.0)) * e).collect();
    let mut part = || {
        Sequential::new().then(Linear::new(1, 32, &mut rng)).then(Activation::tanh()).then(Linear::new(32, 1, &mut rng))
    };
    let mut net = GaussianRegressor::<f64>::separate(part(), part());
    let (inputs, targets) = (Tensor::from_slice(&[n, 1], &x), Tensor::from_slice(&[n, 1], &y));
    let mut adam = Adam::new(1e-2);
    for _ in 0..1500 {
        let loss = net.forward(&inputs, &mut Mode::eval()).nll(&targets);
        adam.try_step(&mut net, &loss.backward())?;
    }
    let p = net.forward(&inputs, &mut Mode::eval());
    let (low, high) = p.interval(0.9);
    let inside = p.coverage(&targets, &[0.9])[0];
    let line = |t: &Tensor<f64>| x.iter().copied().zip(t.to_vec()).collect::<Vec<_>>();
    Ok(Chart::new(&format!("Mean and interval of 90 %; {:.0} % of the samples lie inside", 100.0 * inside))
        .x_label("x")
        .y_label("y")
        .line("m(x)", line(&p.mean))
        .line("5 %", line(&low))
        .line("95 %", line(&high))
        .points("samples", line(&targets)))
}
