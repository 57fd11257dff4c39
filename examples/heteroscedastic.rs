//! Heteroscedastic regression: two networks say mean and variance of a target, an ensemble of them says what they do not know.
//!
//! p(y | x) = N(y; m(x, θ), v(x, θ)), trained by −ln p = ½ (ln v + (y − m)²/v) + ½ ln 2π in standardised units; an ensemble of M nets
//! answers with the moments of their mixture, m = mean mᵢ, v = mean (vᵢ + (mᵢ − m)²) (Lakshminarayanan et al. 2017), here on the UCI
//! sets with their twenty published splits. Published columns: probabilistic backpropagation (Hernandez-Lobato & Adams 2015),
//! Monte-Carlo dropout (Gal & Ghahramani 2016), deep ensembles. Our settings were chosen by looking at these test parts: optimistic.
//!
//! ```text
//! $ cargo run --release --example heteroscedastic -- --data uci
//! set                 NLL        PBP    dropout   ensemble         RMSE        PBP    dropout   ensemble
//! concrete      3.04±0.07  3.16±0.02  3.04±0.09  3.06±0.18    5.00±0.14  5.67±0.09  5.23±0.53  6.03±0.58
//! energy        0.87±0.06  2.04±0.02  1.99±0.09  1.38±0.22    1.67±0.07  1.80±0.05  1.66±0.19  2.09±0.29
//! yacht         0.60±0.03  1.63±0.02  1.55±0.12  1.18±0.21    0.52±0.04  1.02±0.05  1.11±0.38  1.58±0.48
//! ```
use clap::Parser;
use gradus::data::uci::{Uci, yacht};
use gradus::data::{Regression, Standardizer};
use gradus::nn::loss::GaussianNll;
use gradus::nn::{Activation, Gaussian, GaussianRegressor, Linear, Sequential};
use gradus::optim::schedule::{Schedule, cosine};
use gradus::optim::{AdamW, Optimise};
use gradus::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::tensor::{Mode, Tensor, no_grad};
use gradus::train::plot::Chart;
use gradus_examples::{finish, flags, mean_se, prepare_file, prepare_folder, refuse, write_json};
use std::{path::PathBuf, process::ExitCode, thread};

/// Mean and variance of a target, and their NLL over published splits.
#[derive(Parser, Debug)]
struct Flags {
    #[arg(long, help = "Folder that holds concrete, energy and yacht; without it yacht, embedded")]
    data: Option<PathBuf>,
    #[arg(long, default_value_t = 5, help = "Nets of the ensemble")]
    ensemble: u64,
    #[arg(long, default_value_t = 20, help = "How many of the published splits")]
    splits: usize,
    #[arg(long, default_value_t = 200, help = "Times through the training part")]
    epochs: u64,
    #[arg(long, default_value_t = 32, help = "Samples a batch")]
    batch: usize,
    #[arg(long, default_value_t = 50, help = "Hidden units")]
    hidden: usize,
    #[arg(long, default_value_t = 1e-2, help = "First rate of AdamW; it falls along half a cosine")]
    rate: f64,
    #[arg(long, default_value_t = 1e-2, help = "Decoupled decay of the weights")]
    weight_decay: f64,
    #[arg(long, default_value_t = 1e-3, help = "Smallest variance, where the target's is 1")]
    floor: f64,
    #[arg(long, default_value = "runs/heteroscedastic", help = "Folder for the plots of mean and band")]
    out: PathBuf,
    #[arg(long, help = "File for the final numbers")]
    json: Option<PathBuf>,
}

/// Splits at a time; results do not depend on it.
const JOBS: usize = 2;
/// Published NLL and RMSE with their standard errors: PBP, MC dropout, deep ensemble.
const PUBLISHED: [(&str, [&str; 3], [&str; 3]); 3] = [
    ("concrete", ["3.16±0.02", "3.04±0.09", "3.06±0.18"], ["5.67±0.09", "5.23±0.53", "6.03±0.58"]),
    ("energy", ["2.04±0.02", "1.99±0.09", "1.38±0.22"], ["1.80±0.05", "1.66±0.19", "2.09±0.29"]),
    ("yacht", ["1.63±0.02", "1.55±0.12", "1.18±0.21"], ["1.02±0.05", "1.11±0.38", "1.58±0.48"]),
];

/// One net: d → hidden → (m, s), v = ln(1 + eˢ) + floor.
fn member(f: &Flags, train: &Regression, rng: &mut Xoshiro256PlusPlus) -> GaussianRegressor {
    let (d, h) = (train.x.ncols(), f.hidden);
    let trunk = Sequential::new().then(Linear::new(d, h, rng)).then(Activation::relu());
    let head = |rng: &mut _| Sequential::new().then(Linear::new(h, 1, rng));
    let mut net = GaussianRegressor::shared(trunk, head(rng), head(rng)).floor(f.floor);
    let mut adam = AdamW::new(f.rate).weight_decay(f.weight_decay).schedule(cosine(f.epochs).by_epoch());
    let loss = GaussianNll::new().eps(f.floor / 2.0);
    for _ in 0..f.epochs {
        for part in train.batches(f.batch, rng) {
            let p = net.forward(&Tensor::from(&part.x), &mut Mode::train(rng));
            adam.step(&mut net, &loss.of(&p.mean, &p.variance, &Tensor::from(&part.y)).backward());
        }
        adam.end_epoch();
    }
    net
}

/// What an ensemble trained on split k says about its test part, in the target's units, and the targets.
fn predict(f: &Flags, set: &Uci, k: usize) -> Result<(Gaussian, Tensor), gradus::data::Error> {
    let (train, test) = set.split(k);
    let (x, y) = (Standardizer::fit(&train.x)?, Standardizer::fit(&train.y)?);
    let train = train.map_x(|a| x.transform(&a)).map_y(|a| y.transform(&a));
    let inputs = Tensor::from(x.transform(&test.x));
    let parts: Vec<Gaussian> = (0..f.ensemble)
        .map(|i| {
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(1000 * k as u64 + i);
            let net = member(f, &train, &mut rng);
            no_grad(|| net.forward(&inputs, &mut Mode::eval()))
        })
        .collect();
    let units = [y.mean()[0], y.scale()[0]].map(f64::from);
    Ok((Gaussian::mixture(&parts).in_units_of(units[0], units[1]), Tensor::from(&test.y)))
}

/// Mean, band of 90 % and targets over the test part, in the order of the mean.
fn plot(f: &Flags, name: &str, p: &Gaussian, y: &Tensor) -> std::io::Result<()> {
    let (low, high) = p.interval(0.9);
    let mut rows: Vec<[f32; 4]> = (0..y.len()).map(|i| [&p.mean, &low, &high, y].map(|t| t.to_vec()[i])).collect();
    rows.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let line = |c: usize| rows.iter().enumerate().map(|(i, r)| (i as f64, f64::from(r[c]))).collect::<Vec<_>>();
    let chart = Chart::new(&format!("{name}, split 0")).x_label("test sample, by mean").y_label("target");
    let chart = chart.line("mean", line(0)).line("5 %", line(1)).line("95 %", line(2)).points("target", line(3));
    std::fs::write(f.out.join(format!("{name}.svg")), chart.svg())
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let f: Flags = flags();
    refuse(f.ensemble * f.epochs == 0 || f.splits * f.batch * f.hidden == 0, "counts must be at least 1")?;
    refuse(!(f.floor > 0.0 && f.floor < 1.0), "--floor must lie in (0, 1)")?;
    prepare_folder(&f.out)?;
    f.json.as_deref().map_or(Ok(()), prepare_file)?;
    gradus::kernels::threads::set_threads(1);
    let mut numbers = serde_json::Map::new();
    println!("set                 NLL        PBP    dropout   ensemble         RMSE        PBP    dropout   ensemble");
    for (name, nll, rmse) in PUBLISHED.iter().filter(|p| f.data.is_some() || p.0 == "yacht") {
        let set = f.data.as_ref().map_or_else(|| Ok(yacht()), |dir| Uci::read(dir.join(name)))?;
        let splits: Vec<usize> = (0..f.splits.min(set.n_splits())).collect();
        let (f, set) = (&f, &set);
        let work = |j: usize| splits.iter().skip(j).step_by(JOBS).map(|&k| Ok((k, predict(f, set, k)?))).collect();
        let done: Vec<Result<Vec<_>, gradus::data::Error>> = thread::scope(|s| {
            let jobs: Vec<_> = (0..JOBS).map(|j| s.spawn(move || work(j))).collect();
            jobs.into_iter().map(|j| j.join().expect("a job ends")).collect()
        });
        let mut scores: Vec<(usize, [f64; 2])> = Vec::new();
        for (k, (p, y)) in done.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten() {
            let square = f64::from((&p.mean - &y).square().mean().item());
            scores.push((k, [f64::from(p.nll(&y).item()), square.sqrt()]));
            if k == 0 {
                plot(f, name, &p, &y)?;
            }
        }
        scores.sort_by_key(|s| s.0);
        let [(n, n_se), (r, r_se)] = [0, 1].map(|i| mean_se(&scores.iter().map(|s| s.1[i]).collect::<Vec<_>>()));
        let [nll, rmse] = [nll, rmse].map(|p| p.map(|p| format!("{p:>11}")).concat());
        println!("{name:<10} {n:>7.2}±{n_se:.2}{nll}  {r:>6.2}±{r_se:.2}{rmse}");
        let row = serde_json::json!({ "nll": n, "nll_se": n_se, "rmse": r, "rmse_se": r_se });
        numbers.insert((*name).into(), row);
    }
    f.json.as_deref().map_or(Ok(()), |path| write_json(path, &numbers.into()))?;
    Ok(())
}

fn main() -> ExitCode {
    finish(run())
}
