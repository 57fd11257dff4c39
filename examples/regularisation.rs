//! Weight decay, coupled against decoupled: min L(W) + λ Σ_ℓ ‖W_ℓ‖_F² on the digits, over a sweep of λ.
//!
//! Coupled (penalty or SGD's `weight_decay` 2λ): the decay goes through the optimiser; under plain SGD both forms are the same
//! path. Under Adam the coupled decay is divided by √v̂ with the gradient, so weights with large gradients decay least; AdamW
//! decays all by α·λ'. Few training samples (`--samples`), so that there is something to regularise. Expected: the test
//! accuracy has its best λ inside the sweep, and ‖W‖ falls with λ in every column.
//!
//! ```text
//! cargo run --release --example regularisation
//! ```

use clap::Parser;
use gradus::nn::{Linear, Module, cross_entropy};
use gradus::optim::schedule::cosine;
use gradus::optim::{Adam, AdamW, Objective, Optimise, Sgd, penalty};
use gradus::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::tensor::{Mode, Tensor};
use gradus_examples::digits_data::{Batch, Digits, accuracy, batch, load, write_json};
use serde_json::json;
use std::path::PathBuf;

#[derive(Parser)]
#[command(about = "Weight decay swept, coupled against decoupled, on a part of the digits")]
struct Flags {
    /// Training samples.
    #[arg(long, default_value_t = 200)]
    samples: usize,
    #[arg(long, default_value_t = 60)]
    epochs: u64,
    /// Seeds averaged over.
    #[arg(long, default_value_t = 3)]
    seeds: u64,
    /// Writes the numbers here.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Debug, Module)]
struct Net {
    trunk: Linear,
    head: Linear,
}

impl Net {
    fn forward(&self, x: &Tensor, mode: &mut Mode) -> Tensor {
        self.head.forward(&self.trunk.forward(x, mode).relu(), mode)
    }

    fn norm(&self) -> f64 {
        let square = |l: &Linear| f64::from(l.weight().value().square().sum().item());
        (square(&self.trunk) + square(&self.head)).sqrt()
    }
}

/// Trains on a part of the digits; the test accuracy and ‖W‖ at the end.
fn train(mut optimiser: impl Optimise<f32>, lambda: f64, seed: u64, data: &Digits, flags: &Flags) -> (f64, f64) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut net = Net { trunk: Linear::new(64, 64, &mut rng), head: Linear::new(64, 10, &mut rng) };
    let objective = Objective::supervised(Net::forward, cross_entropy).with(penalty::frobenius_sq(lambda));
    let few = data.set.clone().split(flags.samples as f64 / data.set.len() as f64, &mut rng).0;
    for _ in 0..flags.epochs {
        for part in few.batches(32, &mut rng) {
            let part: Batch = batch(&part);
            let value = objective.evaluate(&net, &part, &mut Mode::train(&mut rng)).expect("nothing is cut");
            optimiser.try_step(&mut net, &value.backward()).expect("gradients are finite");
        }
        optimiser.end_epoch();
    }
    let (x, y) = &data.test;
    (accuracy(&net.forward(x, &mut Mode::eval()), y), net.norm())
}

fn main() {
    use gradus::optim::schedule::Schedule;
    let flags = Flags::parse();
    let schedule = || cosine(flags.epochs).by_epoch();
    println!("test accuracy (‖W‖), mean of {} seeds, {} training samples", flags.seeds, flags.samples);
    println!("{:>8}{:>18}{:>18}{:>18}{:>18}", "λ", "SGD + penalty", "SGD coupled 2λ", "Adam coupled 2λ", "AdamW 2λ");
    let mut rows = Vec::new();
    for lambda in [0.0, 1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1] {
        let mut sums = [(0.0, 0.0); 4];
        for seed in 0..flags.seeds {
            let data = load(seed);
            let results = [
                train(Sgd::new(0.05).momentum(0.9).schedule(schedule()), lambda, seed, &data, &flags),
                train(
                    Sgd::new(0.05).momentum(0.9).weight_decay(2.0 * lambda).schedule(schedule()),
                    0.0,
                    seed,
                    &data,
                    &flags,
                ),
                train(Adam::new(3e-3).weight_decay(2.0 * lambda).schedule(schedule()), 0.0, seed, &data, &flags),
                // AdamW's λ' acts once a step whatever the gradient: its scale is another, hence the factor.
                train(AdamW::new(3e-3).weight_decay(200.0 * lambda).schedule(schedule()), 0.0, seed, &data, &flags),
            ];
            for (sum, result) in sums.iter_mut().zip(results) {
                *sum = (sum.0 + result.0 / flags.seeds as f64, sum.1 + result.1 / flags.seeds as f64);
            }
        }
        let cells: String = sums.iter().map(|(a, w)| format!("{:>18}", format!("{a:.4} ({w:.2})"))).collect();
        println!("{lambda:>8}{cells}");
        let column = |i: usize| json!({ "test_accuracy": sums[i].0, "norm": sums[i].1 });
        rows.push(json!({
            "lambda": lambda, "sgd_penalty": column(0), "sgd_coupled": column(1), "adam_coupled": column(2), "adamw": column(3),
        }));
    }
    println!("(the AdamW column has λ' = 200 λ)");
    write_json(flags.json.as_deref(), &json!({ "sweep": rows }));
}
