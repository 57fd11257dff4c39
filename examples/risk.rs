//! The risk F(w) = 1/N Σᵢ L(yᵢ, a(xᵢ, w)) → min by w_{k+1} = w_k − α_k ∇F(w_k), under each rule for α_k.
//!
//! L is the cross-entropy, a(x, w) = softmax(W x + b) on the standardised digits, F over the whole training part.
//! Expected: Barzilai-Borwein comes lowest, Armijo next; 1/k and exponential decay stall, since Σα_k stays small.
//!
//! ```text
//! cargo run --release --example risk -- --iterations 300
//! ```

use clap::Parser;
use gradus::nn::{Linear, cross_entropy};
use gradus::optim::schedule::{Schedule, constant, cosine, exponential, inverse_sqrt, inverse_time, polynomial};
use gradus::optim::solve::{Armijo, BarzilaiBorwein, Fixed, GradientDescent, Report, Scheduled, StepRule, Stop};
use gradus::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::tensor::Mode;
use gradus_examples::digits_data::{Digits, accuracy, load, write_json};
use serde_json::json;
use std::path::PathBuf;

#[derive(Parser)]
#[command(about = "The risk of a softmax regression on the digits, minimised under each step rule")]
struct Flags {
    /// Iterations a rule gets.
    #[arg(long, default_value_t = 300)]
    iterations: u64,
    /// The rate α that the schedules multiply.
    #[arg(long, default_value_t = 0.5)]
    rate: f64,
    /// Seed of the split.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Writes the numbers here.
    #[arg(long)]
    json: Option<PathBuf>,
}

fn descend(rule: impl StepRule, flags: &Flags, data: &Digits) -> Result<(Report, f64), Box<dyn std::error::Error>> {
    let mut net = Linear::new(64, 10, &mut Xoshiro256PlusPlus::seed_from_u64(flags.seed));
    let (x, y) = &data.train;
    let report = GradientDescent::new(rule)
        .stop(Stop::GradientNorm(1e-4))
        .stop(Stop::Iterations(flags.iterations))
        .run(&mut net, |net: &Linear| cross_entropy(&net.forward(x, &mut Mode::eval()), y))?;
    let (x, y) = &data.test;
    Ok((report, accuracy(&net.forward(x, &mut Mode::eval()), y)))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let flags = Flags::parse();
    let data = load(flags.seed);
    let n = flags.iterations;
    let scheduled = |s: Box<dyn Schedule>| -> Box<dyn StepRule> { Box::new(Scheduled::new(flags.rate, s)) };
    let rules: Vec<(&str, Box<dyn StepRule>)> = vec![
        ("constant", Box::new(Fixed(flags.rate))),
        ("1/k", scheduled(Box::new(inverse_time(1.0)))),
        ("1/√k", scheduled(Box::new(inverse_sqrt(1.0)))),
        ("polynomial", scheduled(Box::new(polynomial(n, 1.0)))),
        ("exponential", scheduled(Box::new(exponential(0.98)))),
        ("cosine", scheduled(Box::new(cosine(n)))),
        ("warm-up", scheduled(Box::new(constant().warm_up(20)))),
        ("armijo", Box::new(Armijo::default())),
        ("barzilai-borwein", Box::new(BarzilaiBorwein::new(flags.rate))),
    ];
    println!(
        "{:<18}{:>10}{:>12}{:>12}{:>9}{:>11}  why it stopped",
        "rule", "iterations", "F", "‖∇F‖", "values", "test acc."
    );
    let mut rows = Vec::new();
    for (name, rule) in rules {
        let (report, test) = descend(rule, &flags, &data)?;
        println!(
            "{name:<18}{:>10}{:>12.6}{:>12.2e}{:>9}{:>11.4}  {:?}",
            report.iterations, report.value, report.gradient_norm, report.counts.values, test, report.reason
        );
        rows.push(json!({
            "rule": name, "iterations": report.iterations, "risk": report.value, "grad_norm": report.gradient_norm,
            "values": report.counts.values, "gradients": report.counts.gradients, "test_accuracy": test,
        }));
    }
    write_json(flags.json.as_deref(), &json!({ "rules": rows }));
    Ok(())
}
