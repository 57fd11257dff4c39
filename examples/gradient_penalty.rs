//! The gradient penalty F(w) = L(w) + λ‖∇_w L(w)‖² on the digits, exact, and what it costs.
//!
//! With λ'‖W‖_F² in both runs (else the plain run walks to L = 0, where every gradient is 0), measured at the end: ‖∇_w L‖² over
//! the training set and as the mean over mini-batches (E‖∇L_B‖² = ‖∇L‖² + tr Cov(∇ℓᵢ)/B), ‖W‖_F, the scale-free
//! Σ ‖W‖·‖∇_W L‖, the sharpness λ_max(∇²L), the test accuracy; then the cost of a penalised step, 784-512-512-10.
//!
//! ```text
//! cargo run --release --example gradient_penalty -- --json runs/gradient_penalty.json
//!                                  plain       λ = 0.5
//! grad_norm_sq                 1.5144e-2     1.1544e-2
//! test_accuracy                9.7772e-1     9.8886e-1
//! ```

use clap::Parser;
use gradus::nn::{BatchNorm, Linear, Module, cross_entropy};
use gradus::optim::schedule::{Schedule, cosine};
use gradus::optim::{Adam, Objective, Optimise, Sgd, penalty};
use gradus::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::tensor::{Index, Mode, Tensor, Tree, hvp};
use gradus_examples::digits_data::{Batch, accuracy, batch, load, write_json};
use gradus_examples::{square, weight_norms};
use serde_json::json;
use std::{path::PathBuf, time::Instant};

#[derive(Parser)]
#[command(about = "The gradient penalty on the digits: its effect and its cost")]
struct Flags {
    /// λ of the penalty.
    #[arg(long, default_value_t = 0.5)]
    lambda: f64,
    /// λ' of λ'‖W‖_F², in both runs.
    #[arg(long, default_value_t = 0.01)]
    decay: f64,
    #[arg(long, default_value_t = 60)]
    epochs: u64,
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[arg(long, default_value_t = 15)]
    rounds: usize,
    /// Writes the numbers here.
    #[arg(long)]
    json: Option<PathBuf>,
}

const BATCH: usize = 64;

#[derive(Debug, Module)]
struct Net {
    layers: Vec<Linear>,
    norms: Vec<BatchNorm>,
}

impl Net {
    fn new(widths: &[usize], batch_norm: bool, rng: &mut Xoshiro256PlusPlus) -> Self {
        let norms = if batch_norm { &widths[1..widths.len() - 1] } else { &[] };
        Net {
            layers: widths.windows(2).map(|w| Linear::new(w[0], w[1], rng)).collect(),
            norms: norms.iter().map(|&n| BatchNorm::new(n)).collect(),
        }
    }

    fn forward(&self, x: &Tensor, mode: &mut Mode) -> Tensor {
        let mut h = self.layers[0].forward(x, mode);
        for (i, layer) in self.layers.iter().enumerate().skip(1) {
            if let Some(norm) = self.norms.get(i - 1) {
                h = norm.forward(&h, mode);
            }
            h = layer.forward(&h.tanh(), mode);
        }
        h
    }
}

/// Trains and measures.
fn run(lambda: f64, flags: &Flags) -> serde_json::Value {
    let (data, mut rng) = (load(flags.seed), Xoshiro256PlusPlus::seed_from_u64(flags.seed));
    let mut net = Net::new(&[64, 128, 128, 10], false, &mut rng);
    let decayed = || Objective::supervised(Net::forward, cross_entropy).with(penalty::frobenius_sq(flags.decay));
    let (plain, objective) = (decayed(), decayed().with(penalty::gradient_norm_sq(lambda)));
    let mut adam = Adam::new(1e-3).schedule(cosine(flags.epochs).by_epoch());
    for _ in 0..flags.epochs {
        for part in data.set.batches(BATCH, &mut rng) {
            let value = if lambda > 0.0 { &objective } else { &plain };
            let value = value.evaluate(&net, &batch(&part), &mut Mode::train(&mut rng)).expect("nothing is cut");
            adam.step(&mut net, &value.backward());
        }
        adam.end_epoch();
    }
    let norm_sq = |part: &Batch| {
        let gradient = plain.data_term(&net, part, &mut Mode::eval()).backward().wrt(&net);
        (gradient.leaves().iter().map(square).sum::<f64>(), gradient)
    };
    let (full, gradient) = norm_sq(&data.train);
    let batches: Vec<f64> = data.set.batches(BATCH, &mut rng).map(|part| norm_sq(&batch(&part)).0).collect();
    let loss = plain.data_term(&net, &data.train, &mut Mode::eval());
    let (weights, scale_free) = weight_norms(&net, &gradient);
    // λ_max of the Hessian by power iteration on exact Hessian-vector products.
    let (mut v, mut sharpness) = (gradient, 0.0);
    for _ in 0..30 {
        let size = v.leaves().iter().map(square).sum::<f64>().sqrt();
        let unit = v.map(&mut |x| x * (1.0 / size));
        v = hvp(|net: &Net| plain.data_term(net, &data.train, &mut Mode::eval()), &net, &unit).1;
        sharpness = v.leaves().iter().map(square).sum::<f64>().sqrt();
    }
    json!({
        "grad_norm_sq": full, "grad_norm_sq_batches": batches.iter().sum::<f64>() / batches.len() as f64,
        "weight_norm": weights.sqrt(), "grad_norm_scale_free": scale_free, "sharpness": sharpness,
        "train_loss": loss.item(), "test_accuracy": accuracy(&net.forward(&data.test.0, &mut Mode::eval()), &data.test.1),
    })
}

/// The median over rounds of (time of a penalised step)/(time of a plain one), of 784-512-512-10 with batches of 128.
fn cost_ratio(batch_norm: bool, flags: &Flags) -> f64 {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let mut net = Net::new(&[784, 512, 512, 10], batch_norm, &mut rng);
    let x = (Tensor::arange(128 * 784) * 0.7919).reshape(&[128, 784]).tanh();
    let part = (x, Index::from(&(0..128).map(|i| i % 10).collect::<Vec<usize>>()[..]));
    let plain = Objective::supervised(Net::forward, cross_entropy);
    let penalised = Objective::supervised(Net::forward, cross_entropy).with(penalty::gradient_norm_sq(flags.lambda));
    let mut sgd = Sgd::new(1e-3);
    let mut step = |objective: &Objective<Net, Batch>, rng: &mut Xoshiro256PlusPlus| {
        let start = Instant::now();
        let value = objective.evaluate(&net, &part, &mut Mode::train(rng)).expect("nothing is cut");
        sgd.step(&mut net, &value.backward());
        start.elapsed().as_secs_f64()
    };
    let mut ratios: Vec<f64> = (0..flags.rounds).map(|_| step(&penalised, &mut rng) / step(&plain, &mut rng)).collect();
    *ratios.select_nth_unstable_by(flags.rounds / 2, f64::total_cmp).1
}

fn main() {
    let flags = Flags::parse();
    let (with, without) = (run(flags.lambda, &flags), run(0.0, &flags));
    println!("{:<24}{:>14}{:>14}", "", "plain", format!("λ = {}", flags.lambda));
    for (name, value) in without.as_object().into_iter().flatten() {
        let number = |v: &serde_json::Value| v.as_f64().unwrap_or(f64::NAN);
        println!("{name:<24}{:>14.4e}{:>14.4e}", number(value), number(&with[name]));
    }
    let mut out = json!({ "grad_norm_sq": with["grad_norm_sq"], "grad_norm_sq_plain": without["grad_norm_sq"], "with": with, "without": without });
    if flags.rounds > 0 {
        let (plain, batch_norm) = (cost_ratio(false, &flags), cost_ratio(true, &flags));
        println!("cost of a penalised step over a plain one: {plain:.2}, with batch norm {batch_norm:.2}");
        (out["cost_ratio"], out["cost_ratio_batch_norm"]) = (json!(plain), json!(batch_norm));
    }
    write_json(flags.json.as_deref(), &out);
}
