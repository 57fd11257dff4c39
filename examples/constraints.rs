//! A regression that cannot be wrong in two ways: the resistance of a yacht rises with its speed, and lies between 0 and 70.
//!
//! r(s, x) = 70 σ(W₃ tanh(W₂ tanh(w s + W₁ x + b₁) + b₂) + b₃) with the speed s (Froude number) and the hull x. With w, W₂, W₃ > 0, each
//! the softplus of a free leaf, ∂r/∂s ≥ 0 for every weight the optimiser can reach. Beside it the same net without the constraints
//! and without the bound. Data: Yacht Hydrodynamics (UCI), the first of the published splits.
//!
//! ```text
//! $ cargo run --release --example constraints
//! net           train RMSE   test RMSE falls in part     least   largest
//! constrained        1.104       2.538          0.0%     0.871     61.35
//! free               0.107       5.371          5.5%    -3.899     65.25
//! ```
use clap::Parser;
use gradus::constraints::{Interval, Positive};
use gradus::data::uci::yacht;
use gradus::data::{Regression, Standardizer};
use gradus::nn::{Linear, LinearBuilder, Module};
use gradus::optim::schedule::{Schedule, cosine};
use gradus::optim::{Adam, Optimise};
use gradus::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::tensor::{Mode, Parametrization, Tensor, no_grad};
use gradus::train::plot::Chart;
use gradus_examples::{finish, flags, prepare_file, prepare_folder, refuse, write_json};
use serde_json::json;
use std::{path::PathBuf, process::ExitCode};

/// Fit a monotone, bounded function to measurements.
#[derive(Parser)]
struct Flags {
    #[arg(long, default_value_t = 20, help = "Hidden units of each layer")]
    hidden: usize,
    #[arg(long, default_value_t = 400, help = "Times through the training part")]
    epochs: u64,
    #[arg(long, default_value_t = 60, help = "Rows of the training part to learn from")]
    rows: usize,
    #[arg(long, default_value_t = 0, help = "Seed")]
    seed: u64,
    #[arg(long, default_value = "runs/constraints", help = "Folder for the picture")]
    out: PathBuf,
    #[arg(long, help = "File for the final numbers")]
    json: Option<PathBuf>,
}

#[derive(Debug, Module)]
struct Net {
    speed: Linear,
    hull: Linear,
    middle: Linear,
    last: Linear,
    #[module(skip)]
    bounds: Option<Interval>,
}

impl Net {
    fn new(n: usize, held: bool, rng: &mut Xoshiro256PlusPlus) -> Self {
        let hold = |b: LinearBuilder| if held { b.constrain(Positive::softplus()) } else { b };
        Net {
            speed: hold(Linear::builder(1, n).bias(false)).build(rng),
            hull: Linear::new(5, n, rng),
            middle: hold(Linear::builder(n, n)).build(rng),
            last: hold(Linear::builder(n, 1)).build(rng),
            bounds: held.then(|| Interval::new(0.0, 70.0)),
        }
    }

    /// The resistance of rows of standardised features; the last is the speed.
    fn forward(&self, x: &Tensor) -> Tensor {
        let mode = &mut Mode::eval();
        let first = self.speed.forward(&x.narrow(1, 5, 1), mode) + self.hull.forward(&x.narrow(1, 0, 5), mode);
        let z = self.last.forward(&self.middle.forward(&first.tanh(), mode).tanh(), mode);
        match &self.bounds {
            Some(g) => g.forward(&[z]),
            None => z * 15.0 + 10.0,
        }
    }
}

fn rmse(net: &Net, part: &Regression) -> f64 {
    let error = no_grad(|| net.forward(&Tensor::from(&part.x))) - Tensor::from(&part.y);
    f64::from(error.square().mean().item()).sqrt()
}

/// Every hull of `part` at 60 speeds, from below the slowest to above the fastest measured: `[hulls, 60]`.
fn sweep(net: &Net, part: &Regression) -> Vec<Vec<f64>> {
    let curve = |row: &[f32]| {
        let at = |k: usize| row[..5].iter().copied().chain([-2.0 + k as f32 / 15.0]).collect::<Vec<_>>();
        let x = Tensor::from_slice(&[60, 6], &(0..60).flat_map(at).collect::<Vec<_>>());
        no_grad(|| net.forward(&x)).to_vec().into_iter().map(f64::from).collect()
    };
    part.x.outer_iter().map(|row| curve(&row.to_vec())).collect()
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let f: Flags = flags();
    refuse(f.hidden == 0 || f.epochs == 0, "--hidden and --epochs must be at least 1")?;
    refuse(!(10..=277).contains(&f.rows), "--rows must lie in 10..=277")?;
    prepare_folder(&f.out)?;
    f.json.as_deref().map_or(Ok(()), prepare_file)?;
    let (train, test) = yacht::<f32>().split(0);
    let units = Standardizer::fit(&train.x)?;
    let (whole, test) = (train.map_x(|x| units.transform(&x)), test.map_x(|x| units.transform(&x)));
    let train = whole.split(f.rows as f64 / 277.0, &mut Xoshiro256PlusPlus::seed_from_u64(f.seed)).0;
    let (mut out, mut drawn) = (serde_json::Map::new(), Vec::new());
    println!(
        "{:<12}{:>12}{:>12}{:>14}{:>10}{:>10}",
        "net", "train RMSE", "test RMSE", "falls in part", "least", "largest"
    );
    for (name, held) in [("constrained", true), ("free", false)] {
        let rng = &mut Xoshiro256PlusPlus::seed_from_u64(f.seed);
        let mut net = Net::new(f.hidden, held, rng);
        let mut adam = Adam::new(1e-2).schedule(cosine(f.epochs).by_epoch());
        for _ in 0..f.epochs {
            for part in train.batches(16, rng) {
                let error = net.forward(&Tensor::from(&part.x)) - Tensor::from(&part.y);
                adam.step(&mut net, &error.square().mean().backward());
            }
            adam.end_epoch();
        }
        let curves = sweep(&net, &test);
        let falls = curves.iter().flat_map(|c| c.windows(2)).filter(|w| w[1] < w[0]).count();
        let falls = falls as f64 / (59 * curves.len()) as f64;
        let all = || curves.iter().flatten().copied();
        let (least, largest) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
        let (fit, score) = (rmse(&net, &train), rmse(&net, &test));
        println!("{name:<12}{fit:>12.3}{score:>12.3}{:>13.1}%{least:>10.3}{largest:>10.2}", 100.0 * falls);
        out.insert(
            name.into(),
            json!({ "test_rmse": score, "train_rmse": fit, "falls": falls, "least": least, "largest": largest }),
        );
        drawn.push((name, curves));
    }
    // The test hull at which the free net falls most, and what was measured of it in both parts.
    let falls = |h: &usize| drawn[1].1[*h].windows(2).map(|w| (w[0] - w[1]).max(0.0)).sum::<f64>();
    let hull = (0..test.len()).max_by(|a, b| falls(a).total_cmp(&falls(b))).unwrap_or(0);
    let mut chart = Chart::new("The hull at which the free net falls most").x_label("speed (standardised)");
    for (name, curves) in &drawn {
        chart = chart.line(name, curves[hull].iter().enumerate().map(|(k, y)| (-2.0 + k as f64 / 15.0, *y)).collect());
    }
    let rows = [&whole, &test].map(|part| part.x.outer_iter().zip(part.y.outer_iter())).into_iter().flatten();
    let same = rows.filter(|(x, _)| x.iter().zip(test.x.row(hull)).take(5).all(|(a, b)| a == b));
    let measured = same.map(|(x, y)| (f64::from(x[5]), f64::from(y[0]))).collect();
    chart = chart.y_label("resistance").points("measured", measured);
    std::fs::write(f.out.join("curves.svg"), chart.svg())?;
    f.json.as_deref().map_or(Ok(()), |path| write_json(path, &serde_json::Value::Object(out)))?;
    Ok(())
}

fn main() -> ExitCode {
    finish(run())
}
