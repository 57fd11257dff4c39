//! A physics-informed net: the heat equation u_t = κ u_xx on [0, 1]², solved by a residual that holds u_t and u_xx of the net.
//!
//! u(0, x) = sin πx, u(t, 0) = u(t, 1) = 0; exact: u = e^{−κπ²t} sin πx. Loss = mean (u_t − κ u_xx)² over a grid of collocation
//! points + mean (u − u₀)² + mean u² on the edges. u_t is a `jvp`, u_xx a `jvp` inside a `jvp`, and the loss is differentiated
//! once more in the weights. A few hundred steps of Adam, then L-BFGS. Expected: a relative L² error of at most 1e-3.
//!
//! ```text
//! cargo run --release --example pinn
//! ```

use clap::Parser;
use gradus::nn::{Linear, Module};
use gradus::optim::solve::{Lbfgs, Stop};
use gradus::optim::{Adam, Objective};
use gradus::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::tensor::{Mode, Tensor, jvp};
use gradus_examples::digits_data::write_json;
use serde_json::json;
use std::{f64::consts::PI, path::PathBuf};

#[derive(Parser)]
#[command(about = "The heat equation solved by a net whose derivatives enter the loss")]
struct Flags {
    /// κ.
    #[arg(long, default_value_t = 0.2)]
    diffusivity: f64,
    /// Collocation points along each axis.
    #[arg(long, default_value_t = 16)]
    grid: usize,
    #[arg(long, default_value_t = 24)]
    width: usize,
    /// Steps of Adam.
    #[arg(long, default_value_t = 300)]
    adam: usize,
    /// Iterations of L-BFGS.
    #[arg(long, default_value_t = 2000)]
    lbfgs: u64,
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Writes the numbers here.
    #[arg(long)]
    json: Option<PathBuf>,
}

type Field = Tensor<f64>;

#[derive(Debug, Module)]
struct Net {
    layers: [Linear<f64>; 3],
}

impl Net {
    /// u at points (t, x) `[n, 2]`: `[n, 1]`.
    fn u(&self, points: &Field) -> Field {
        let mut mode = Mode::eval();
        let h = self.layers[0].forward(points, &mut mode).tanh();
        self.layers[2].forward(&self.layers[1].forward(&h, &mut mode).tanh(), &mut mode)
    }
}

/// Where the conditions are asked: inside, at t = 0 with the values there, and on the edges x = 0 and x = 1.
struct Conditions {
    inside: Field,
    start: (Field, Field),
    edges: Field,
}

fn points(rows: impl Iterator<Item = (f64, f64)>) -> Field {
    let flat: Vec<f64> = rows.flat_map(|(t, x)| [t, x]).collect();
    Tensor::from_slice(&[flat.len() / 2, 2], &flat)
}

fn grid(n: usize) -> impl Iterator<Item = (f64, f64)> {
    let at = move |i: usize| i as f64 / (n - 1) as f64;
    (0..n * n).map(move |i| (at(i / n), at(i % n)))
}

fn loss(net: &Net, at: &Conditions, kappa: f64) -> Field {
    let along = |axis: usize| {
        Field::build(at.inside.shape(), |v| v.iter_mut().enumerate().for_each(|(i, v)| *v = f64::from(i % 2 == axis)))
    };
    let (dt, dx) = (along(0), along(1));
    let u = |p: &Field| net.u(p);
    let (_, u_t) = jvp(u, &at.inside, &dt);
    let (_, u_xx) = jvp(|p: &Field| jvp(u, p, &dx).1, &at.inside, &dx);
    let residual = (u_t - u_xx * kappa).square().mean();
    residual + (net.u(&at.start.0) - &at.start.1).square().mean() + net.u(&at.edges).square().mean()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let flags = Flags::parse();
    let (n, kappa) = (flags.grid, flags.diffusivity);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(flags.seed);
    let w = flags.width;
    let mut net =
        Net { layers: [Linear::new(2, w, &mut rng), Linear::new(w, w, &mut rng), Linear::new(w, 1, &mut rng)] };
    let line = |k: usize| k as f64 / (2 * n) as f64;
    let start: Vec<(f64, f64)> = (0..=2 * n).map(|k| (0.0, line(k))).collect();
    let at = Conditions {
        inside: points(grid(n)),
        start: (
            points(start.iter().copied()),
            Tensor::from_slice(&[start.len(), 1], &start.iter().map(|p| (PI * p.1).sin()).collect::<Vec<_>>()),
        ),
        edges: points((0..=2 * n).flat_map(|k| [(line(k), 0.0), (line(k), 1.0)])),
    };
    // Measured on a grid of its own.
    let test: Vec<(f64, f64)> = grid(41).collect();
    let exact: Vec<f64> = test.iter().map(|(t, x)| (-kappa * PI * PI * t).exp() * (PI * x).sin()).collect();
    let test = points(test.into_iter());
    let error = |net: &Net| {
        let u = net.u(&test).to_vec();
        let off: f64 = u.iter().zip(&exact).map(|(u, e)| (u - e).powi(2)).sum();
        (off / exact.iter().map(|e| e * e).sum::<f64>()).sqrt()
    };
    let objective = Objective::new(move |net: &Net, at: &Conditions, _: &mut Mode| loss(net, at, kappa));
    let mut adam = Adam::new(5e-3);
    println!("{:<28}{:>12}{:>18}", "", "loss", "relative error");
    for step in 0..=flags.adam {
        let value = objective.evaluate(&net, &at, &mut Mode::eval())?;
        if step % 100 == 0 {
            println!("{:<28}{:>12.3e}{:>18.3e}", format!("adam {step}"), value.data(), error(&net));
        }
        adam.step(&mut net, &value.backward());
    }
    let report = Lbfgs::new()
        .memory(30)
        .stop(Stop::GradientNorm(1e-7))
        .stop(Stop::Iterations(flags.lbfgs))
        .run(&mut net, |net: &Net| objective.data_term(net, &at, &mut Mode::eval()))?;
    let relative = error(&net);
    println!("{:<28}{:>12.3e}{relative:>18.3e}", format!("l-bfgs {}", report.iterations), report.value);
    println!("{report}");
    write_json(
        flags.json.as_deref(),
        &json!({ "relative_error": relative, "loss": report.value, "iterations": report.iterations, "gradients": report.counts.gradients }),
    );
    Ok(())
}
