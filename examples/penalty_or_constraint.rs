//! Penalty or constraint: F(w) + λ g(w) → min and F(w) → min on g(w) ≤ γ have the same solutions, and λ is the price of γ: dF/dγ = −λ.
//!
//! F is the cross-entropy of softmax(W x + b) over the digits, g = ‖W‖_F²: both convex, so the bridge carries every γ. For each γ the
//! constrained problem gives λ; minimising the penalised risk at that λ, from scratch, gives the same W. At the end a problem without
//! convexity, −w on ln(1 + w²) ≤ 4, which no λ reaches. The path λ → γ is drawn to `--out`.
//!
//! ```text
//! $ cargo run --release --example penalty_or_constraint
//! 600 digits, 650 parameters
//!        γ           λ         KKT           F     g at that λ    ‖ΔW‖/‖W‖
//!      0.5    0.706382      5.0e-9    1.434708      0.50000001     7.5e-10
//!        2    0.217007      5.8e-9    0.871149      2.00000001      1.5e-9
//!        8    0.036520      3.6e-9    0.342256      8.00000000      2.7e-9
//!       32    0.003193     7.2e-10    0.080656     32.00000016      1.7e-8
//! −w on ln(1 + w²) ≤ 4, not convex: w = 7.3211, λ that reaches it: None
//! ```
use clap::Parser;
use gradus::nn::{Linear, Named, cross_entropy};
use gradus::optim::constrained::{AugmentedLagrangian, Bridge, ConstrainedProblem};
use gradus::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::tensor::{Index, Mode, Tensor, Tree};
use gradus::train::plot::Chart;
use gradus_examples::{digits_data, finish, flags, prepare_file, prepare_folder, refuse, write_json};
use serde_json::json;
use std::{path::PathBuf, process::ExitCode};

/// Solve for a bound, then for the price that it has.
#[derive(Parser)]
struct Flags {
    #[arg(long, value_delimiter = ',', default_value = "0.5,2,8,32", help = "Bounds γ on ‖W‖²")]
    gamma: Vec<f64>,
    #[arg(long, default_value_t = 600, help = "Digits to learn from")]
    samples: usize,
    #[arg(long, default_value_t = 0, help = "Seed")]
    seed: u64,
    #[arg(long, default_value = "runs/penalty_or_constraint", help = "Folder for the picture")]
    out: PathBuf,
    #[arg(long, help = "File for the final numbers")]
    json: Option<PathBuf>,
}

type Net = Linear<f64>;

fn weight(net: &Net) -> Tensor<f64> {
    net.leaves()[0].clone()
}

fn double(x: &Tensor) -> Tensor<f64> {
    Tensor::from_slice(x.shape(), &x.to_vec().into_iter().map(f64::from).collect::<Vec<_>>())
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let f: Flags = flags();
    refuse(f.samples < 10 || f.samples > 1437, "--samples must lie in 10..=1437")?;
    refuse(f.gamma.is_empty() || f.gamma.iter().any(|g| g.is_nan() || *g <= 0.0), "--gamma must be positive")?;
    prepare_folder(&f.out)?;
    f.json.as_deref().map_or(Ok(()), prepare_file)?;
    let data = digits_data::load(f.seed);
    let x = double(&data.train.0.narrow(0, 0, f.samples));
    let y = Index::new(&[f.samples], data.train.1.as_slice()[..f.samples].to_vec());
    let risk = |net: &Net| cross_entropy(&net.forward(&x, &mut Mode::eval()), &y);
    let norm = |net: &Net| weight(net).square().sum();
    let fresh = || Net::new(64, 10, &mut Xoshiro256PlusPlus::seed_from_u64(f.seed));
    println!("{} digits, {} parameters", f.samples, fresh().count_parameters());
    println!("{:>8}{:>12}{:>12}{:>12}{:>16}{:>12}", "γ", "λ", "KKT", "F", "g at that λ", "‖ΔW‖/‖W‖");
    let (bridge, mut rows, mut points) = (Bridge::new(&risk, &norm), Vec::new(), Vec::new());
    for &gamma in &f.gamma {
        let mut bounded = fresh();
        let problem = ConstrainedProblem::new(&risk).at_most("norm", norm, gamma);
        let solved = problem.solve(AugmentedLagrangian { rho: 1e-2, ..Default::default() }, &mut bounded)?;
        let (lambda, kkt) = (solved.multiplier("norm"), solved.kkt().largest());
        let mut priced = fresh();
        let point = bridge.gamma(lambda, &mut priced)?;
        let distance = ((weight(&bounded) - weight(&priced)).square().sum() / norm(&bounded)).sqrt().item();
        println!("{gamma:>8}{lambda:>12.6}{kkt:>12.1e}{:>12.6}{:>16.8}{distance:>12.1e}", solved.risk(), point.gamma);
        rows.push(json!({ "gamma": gamma, "lambda": lambda, "kkt": kkt, "risk": solved.risk(), "gamma_of_lambda": point.gamma, "distance": distance }));
        points.push((lambda.log10(), gamma.log10()));
    }
    let lambdas: Vec<f64> = (0..29).map(|k| 10.0_f64.powf(-0.125 * f64::from(k))).collect();
    let path = bridge.path(&lambdas, &mut fresh())?;
    let line = path.iter().map(|p| (p.lambda.log10(), p.gamma.log10())).collect();
    let chart = Chart::new("What a penalty reaches, and what a bound costs").x_label("log₁₀ λ").y_label("log₁₀ ‖W‖²");
    let chart = chart.line("λ → γ, by the penalty", line).points("γ → λ, by the constraint", points);
    std::fs::write(f.out.join("path.svg"), chart.svg())?;
    // F = −w falls without end where F + λ g has its only flat points, a minimum and a maximum: γ = 4 is met at the maximum.
    let falling = |w: &Tensor<f64>| -w.sum();
    let wave = |w: &Tensor<f64>| (w.square() + 1.0).ln().sum();
    let mut w = Tensor::from_slice(&[1], &[0.5]).tracked();
    let gap = Bridge::new(&falling, &wave).lambda(4.0, 1e-3, &mut w)?;
    println!("−w on ln(1 + w²) ≤ 4, not convex: w = {:.4}, λ that reaches it: {gap:?}", w.to_vec()[0]);
    println!("the path is drawn in {}", f.out.join("path.svg").display());
    let numbers = json!({ "rows": rows, "path": path.iter().map(|p| [p.lambda, p.gamma, p.risk]).collect::<Vec<_>>(), "gap": gap.is_none() });
    f.json.as_deref().map_or(Ok(()), |path| write_json(path, &numbers))?;
    Ok(())
}

fn main() -> ExitCode {
    finish(run())
}
