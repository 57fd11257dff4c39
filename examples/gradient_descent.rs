//! Gradient descent against its theory: a ridge logistic regression on real digits, where F is strongly convex.
//!
//! F(w) = 1/N Σ ln(1 + exp(−yᵢ wᵀxᵢ)) + λ‖w‖², y = ±1 for digits below 5 and the others. With μ and L the extreme eigenvalues
//! of ∇²F at the minimum, the distance falls by (κ − 1)/(κ + 1) an iteration at α = 2/(μ + L) and by 1 − 1/κ at α = 1/L,
//! κ = L/μ. Expected: measured and predicted rates agree to three digits; above 2/L the run diverges or oscillates.
//! `--svg FILE` draws ‖∇F‖ over the iterations.
//!
//! ```text
//! cargo run --release --example gradient_descent
//! ```

use clap::Parser;
use gradus::optim::Error;
use gradus::optim::solve::{Armijo, BarzilaiBorwein, Fixed, GradientDescent, NewtonCg, Report, StepRule, Stop};
use gradus::tensor::{Tensor, hvp, ndarray::Array1};
use gradus_examples::digits_data::{load, write_json};
use serde_json::json;
use std::fmt::Write as _;
use std::path::PathBuf;

#[derive(Parser)]
#[command(about = "Convergence of gradient descent on a real logistic regression, against theory")]
struct Flags {
    /// λ of the ridge.
    #[arg(long, default_value_t = 0.01)]
    ridge: f64,
    /// Iterations of the fixed rates.
    #[arg(long, default_value_t = 2000)]
    iterations: u64,
    /// Draws the curves here.
    #[arg(long)]
    svg: Option<PathBuf>,
    /// Writes the numbers here.
    #[arg(long)]
    json: Option<PathBuf>,
}

type Vector = Tensor<f64>;

/// The largest eigenvalue of v ↦ A v, by power iteration.
fn largest(n: usize, product: impl Fn(&Vector) -> Vector) -> f64 {
    let mut v = Vector::build(&[n, 1], |v| v.iter_mut().enumerate().for_each(|(i, v)| *v = 1.0 + (i % 7) as f64));
    let mut eigenvalue = 0.0;
    for _ in 0..3000 {
        let image = product(&v);
        eigenvalue = image.square().sum().item().sqrt();
        v = image * (1.0 / eigenvalue);
    }
    eigenvalue
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let flags = Flags::parse();
    let data = load(0);
    let x = Tensor::from(data.set.x.mapv(f64::from));
    let sign = |&digit: &usize| if digit < 5 { -1.0 } else { 1.0 };
    let minus_y = Tensor::from(data.set.y.iter().map(sign).collect::<Array1<f64>>()).reshape(&[data.set.len(), 1]);
    let ridge = flags.ridge;
    let risk = |w: &Vector| (&minus_y * x.matmul(w)).softplus().mean() + w.square().sum() * ridge;
    let n = x.shape()[1];
    let start = || Vector::zeros(&[n, 1]).tracked();

    // The minimum by Newton's method, and the extreme eigenvalues of the Hessian there.
    let mut minimum = start();
    let newton = NewtonCg::new().stop(Stop::GradientNorm(1e-13)).run(&mut minimum, risk)?;
    println!("newton-cg           {newton}");
    let hessian = |v: &Vector| hvp(risk, &minimum, v).1;
    let l = largest(n, hessian);
    let mu = l - largest(n, |v| v * l - hessian(v));
    let kappa = l / mu;
    println!("L = {l:.6}, μ = {mu:.6}, κ = {kappa:.2}\n");

    let run = |rule: &mut dyn FnMut() -> Box<dyn StepRule>, stop: Stop| -> Result<(Report, f64), Error> {
        let mut w = start();
        let report =
            GradientDescent::new(rule()).stop(stop).stop(Stop::Iterations(flags.iterations)).run(&mut w, risk)?;
        Ok((report, (&w - &minimum).square().sum().item().sqrt()))
    };
    println!("{:<20}{:>12}{:>12}{:>12}  why it stopped", "rule", "measured", "predicted", "distance");
    let (mut rows, mut curves) = (Vec::new(), Vec::new());
    for (name, rate, predicted) in [
        ("α = 2/(μ + L)", 2.0 / (mu + l), (kappa - 1.0) / (kappa + 1.0)),
        ("α = 1/L", 1.0 / l, 1.0 - 1.0 / kappa),
        ("α = 1/(4L)", 0.25 / l, 1.0 - 0.25 / kappa),
    ] {
        let (report, distance) = run(&mut || Box::new(Fixed(rate)), Stop::GradientNorm(1e-9))?;
        // The asymptotic rate: the last ratio of gradient norms, averaged over fifty iterations.
        let k = report.curve.len() - 1;
        let measured = (report.curve[k].gradient_norm / report.curve[k - 50].gradient_norm).powf(1.0 / 50.0);
        println!("{name:<20}{measured:>12.6}{predicted:>12.6}{distance:>12.2e}  {:?}", report.reason);
        rows.push(
            json!({ "rule": name, "measured": measured, "predicted": predicted, "iterations": report.iterations }),
        );
        curves.push((name, report));
    }
    for stop in [Stop::GradientNorm(1e-6), Stop::RelativeChange(1e-9), Stop::Moved(1e-6), Stop::Evaluations(60)] {
        let (report, distance) = run(&mut || Box::new(Armijo::default()), stop)?;
        println!(
            "{:<20}{:>12}{:>12}{distance:>12.2e}  {:?} after {}",
            "armijo", "", "", report.reason, report.iterations
        );
    }
    let (report, distance) = run(&mut || Box::new(BarzilaiBorwein::new(1.0 / l)), Stop::GradientNorm(1e-9))?;
    println!(
        "{:<20}{:>12}{:>12}{distance:>12.2e}  {:?} after {}",
        "barzilai-borwein", "", "", report.reason, report.iterations
    );
    rows.push(json!({ "rule": "barzilai-borwein", "iterations": report.iterations }));
    curves.push(("barzilai-borwein", report));
    let quartic = |w: &Vector| risk(w) + w.square().square().sum();
    let error = GradientDescent::new(Fixed(4.0)).run(&mut Vector::ones(&[n, 1]).tracked(), quartic).err();
    println!("\ntoo large a rate: {}", error.map_or("no error".into(), |e| e.to_string()));

    if let Some(path) = &flags.svg {
        std::fs::write(path, svg(&curves))?;
    }
    write_json(flags.json.as_deref(), &json!({ "L": l, "mu": mu, "kappa": kappa, "rules": rows }));
    Ok(())
}

/// log₁₀‖∇F‖ over iterations, one line a rule.
fn svg(curves: &[(&str, Report)]) -> String {
    let most = curves.iter().map(|(_, r)| r.iterations).max().unwrap_or(1) as f64;
    let mut out = String::from("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 640 400' font-size='12'>");
    for (i, ((name, report), color)) in curves.iter().zip(["#1f77b4", "#d62728", "#2ca02c", "#9467bd"]).enumerate() {
        let _ = write!(out, "<text x='480' y='{}' fill='{color}'>{name}</text>", 20 + 16 * i);
        let _ = write!(out, "<polyline fill='none' stroke='{color}' points='");
        for r in &report.curve {
            let (x, y) =
                (20.0 + 600.0 * r.iteration as f64 / most, 20.0 - 36.0 * r.gradient_norm.log10().clamp(-10.0, 0.0));
            let _ = write!(out, "{x:.1},{y:.1} ");
        }
        out.push_str("'/>");
    }
    out + "<text x='20' y='395'>‖∇F‖ from 1 down to 1e-10, over iterations</text></svg>\n"
}
