//! Heteroscedastic regression: two networks say mean and variance of a target, an ensemble of them says what they do not know.
//!
//! p(y | x) = N(y; m(x, θ), v(x, θ)), trained by −ln p = ½ (ln v + (y − m)²/v) + ½ ln 2π in standardised units; an ensemble answers with the
//! moments of its mixture (Lakshminarayanan et al. 2017). In each of the twenty published splits of the UCI sets epochs, decay and floor are
//! chosen among the flags' values, by the NLL of two nets on a fifth of the training part that is held out of theirs; rate, batch and
//! width are fixed. Beside it PBP (Hernandez-Lobato & Adams 2015), dropout (Gal & Ghahramani 2016) and the ensembles of their own paper.
//!
//! ```text
//! $ cargo run --release --example heteroscedastic -- --data uci
//! set                 NLL        PBP    dropout   ensemble         RMSE        PBP    dropout   ensemble
//! concrete      3.02±0.05  3.16±0.02  3.04±0.09  3.06±0.18    5.31±0.20  5.67±0.09  5.23±0.53  6.03±0.58
//! energy        1.05±0.23  2.04±0.02  1.99±0.09  1.38±0.22    1.02±0.09  1.80±0.05  1.66±0.19  2.09±0.29
//! yacht         0.12±0.06  1.63±0.02  1.55±0.12  1.18±0.21    1.47±0.30  1.02±0.05  1.11±0.38  1.58±0.48
//! ```
use clap::Parser;
use gradus::data::{Error, Regression, Standardizer, uci, uci::Uci};
use gradus::nn::{Activation, Gaussian, GaussianRegressor, Linear, Sequential};
use gradus::optim::{AdamW, Optimise, schedule::Schedule, schedule::cosine};
use gradus::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::tensor::{Mode, Tensor, no_grad};
use gradus::train::plot::Chart;
use gradus_examples::{finish, flags, mean_se, prepare_file, prepare_folder, refuse, write_json};
use std::{ops::Range, path::PathBuf, process::ExitCode, thread};

/// Mean and variance of a target, and their NLL over published splits.
#[derive(Parser, Debug)]
struct Flags {
    #[arg(long, help = "Folder that holds concrete, energy and yacht; without it yacht, embedded")]
    data: Option<PathBuf>,
    #[arg(long, default_value_t = 5, help = "Nets of the ensemble")]
    ensemble: u64,
    #[arg(long, default_value_t = 20, help = "How many of the published splits")]
    splits: usize,
    #[arg(long, value_delimiter = ',', default_values_t = [40, 400], help = "Times through the training part")]
    epochs: Vec<u64>,
    #[arg(long, default_value_t = 32, help = "Samples a batch")]
    batch: usize,
    #[arg(long, default_value_t = 50, help = "Hidden units")]
    hidden: usize,
    #[arg(long, default_value_t = 1e-2, help = "First rate of AdamW; it falls along half a cosine")]
    rate: f64,
    #[arg(long, value_delimiter = ',', default_values_t = [1e-2, 1e-1, 1.0], help = "Decoupled decay of the weights")]
    weight_decay: Vec<f64>,
    #[arg(long, value_delimiter = ',', default_values_t = [1e-4, 1e-3, 1e-2], help = "Smallest variance of y/σ")]
    floor: Vec<f64>,
    #[arg(long, default_value_t = 2, help = "Splits at a time; results do not depend on it")]
    jobs: usize,
    #[arg(long, default_value = "runs/heteroscedastic", help = "Folder for the plots of mean and band")]
    out: PathBuf,
    #[arg(long, help = "File for the final numbers")]
    json: Option<PathBuf>,
}

/// Epochs, decay, floor.
type Settings = (u64, f64, f64);
/// NLL and RMSE of PBP, MC dropout and deep ensembles, as in Table 1 of the last (dropout: ± standard deviation of the splits).
const PUBLISHED: [(&str, [&str; 3], [&str; 3]); 3] = [
    ("concrete", ["3.16±0.02", "3.04±0.09", "3.06±0.18"], ["5.67±0.09", "5.23±0.53", "6.03±0.58"]),
    ("energy", ["2.04±0.02", "1.99±0.09", "1.38±0.22"], ["1.80±0.05", "1.66±0.19", "2.09±0.29"]),
    ("yacht", ["1.63±0.02", "1.55±0.12", "1.18±0.21"], ["1.02±0.05", "1.11±0.38", "1.58±0.48"]),
];

/// One net: d → hidden → (m, s), v = ln(1 + eˢ) + floor.
fn member(f: &Flags, (epochs, decay, floor): Settings, train: &Regression, seed: u64) -> GaussianRegressor {
    let (d, h, rng) = (train.x.ncols(), f.hidden, &mut Xoshiro256PlusPlus::seed_from_u64(seed));
    let trunk = Sequential::new().then(Linear::new(d, h, rng)).then(Activation::relu());
    let mut head = || Sequential::new().then(Linear::new(h, 1, rng));
    let mut net = GaussianRegressor::shared(trunk, head(), head()).floor(floor);
    let mut adam = AdamW::new(f.rate).weight_decay(decay).schedule(cosine(epochs).by_epoch());
    for _ in 0..epochs {
        for part in train.batches(f.batch, rng) {
            let p = net.forward(&Tensor::from(&part.x), &mut Mode::train(rng));
            adam.step(&mut net, &p.nll(&Tensor::from(&part.y)).backward());
        }
        adam.end_epoch();
    }
    net
}

/// What nets with these seeds, trained on one part, say together about another, in the target's units.
fn ensemble(f: &Flags, s: Settings, [train, test]: [&Regression; 2], seeds: Range<u64>) -> Result<Gaussian, Error> {
    let (x, y) = (Standardizer::fit(&train.x)?, Standardizer::fit(&train.y)?);
    let train = train.clone().map_x(|a| x.transform(&a)).map_y(|a| y.transform(&a));
    let inputs = Tensor::from(x.transform(&test.x));
    let nets: Vec<_> = seeds.map(|seed| member(f, s, &train, seed)).collect();
    let parts: Vec<_> = no_grad(|| nets.iter().map(|net| net.forward(&inputs, &mut Mode::eval())).collect());
    Ok(Gaussian::mixture(&parts).in_units_of(y.mean()[0].into(), y.scale()[0].into()))
}

/// The settings whose two nets have the least NLL on a fifth of the training part that was held out of theirs.
fn choose(f: &Flags, train: &Regression, seed: u64) -> Result<Settings, Error> {
    let (fit, held) = train.split(0.8, &mut Xoshiro256PlusPlus::seed_from_u64(seed));
    let with = |&e: &u64| f.weight_decay.iter().flat_map(move |&w| f.floor.iter().map(move |&v| (e, w, v)));
    let nll = |s| Ok((ensemble(f, s, [&fit, &held], seed..seed + 2)?.nll(&Tensor::from(&held.y)).item(), s));
    let tried = f.epochs.iter().flat_map(with).map(nll).collect::<Result<Vec<(f32, Settings)>, Error>>()?;
    Ok(tried.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).expect("every flag has a value").1)
}

/// The settings of split k, NLL and RMSE of its test part, and the plot.
fn judge(f: &Flags, (set, name): (&Uci, &str), k: usize) -> Result<(Settings, [f64; 2], Chart), Error> {
    let ((train, test), seed) = (set.split(k), 1000 * k as u64);
    let settings = choose(f, &train, seed + 500)?;
    let (p, y) = (ensemble(f, settings, [&train, &test], seed..seed + f.ensemble)?, Tensor::from(&test.y));
    let scores = [p.nll(&y), (&p.mean - &y).square().mean().sqrt()].map(|t| f64::from(t.item()));
    Ok((settings, scores, plot(&format!("{name}, split {k}"), &p, &y)))
}

/// Mean, band of 90 % and targets over the test part, in the order of the mean.
fn plot(title: &str, p: &Gaussian, y: &Tensor) -> Chart {
    let (low, high) = p.interval(0.9);
    let mut rows: Vec<[f32; 4]> = (0..y.len()).map(|i| [&p.mean, &low, &high, y].map(|t| t.to_vec()[i])).collect();
    rows.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let line = |c: usize| rows.iter().enumerate().map(|(i, r)| (i as f64, f64::from(r[c]))).collect::<Vec<_>>();
    let chart = Chart::new(title).x_label("test sample, by mean").y_label("target");
    chart.line("mean", line(0)).line("5 %", line(1)).line("95 %", line(2)).points("target", line(3))
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let f: Flags = flags();
    let counts = f.splits * f.batch * f.hidden * f.jobs * f.ensemble as usize;
    refuse(counts == 0 || f.epochs.contains(&0), "counts must be at least 1")?;
    refuse(!f.floor.iter().all(|v| (f64::MIN_POSITIVE..1.0).contains(v)), "--floor must lie in (0, 1)")?;
    prepare_folder(&f.out)?;
    f.json.as_deref().map_or(Ok(()), prepare_file)?;
    gradus::kernels::threads::set_threads(1);
    let mut numbers = serde_json::Map::new();
    println!("set                 NLL        PBP    dropout   ensemble         RMSE        PBP    dropout   ensemble");
    for (name, nll, rmse) in PUBLISHED.iter().filter(|p| f.data.is_some() || p.0 == "yacht") {
        let set = f.data.as_ref().map_or_else(|| Ok(uci::yacht()), |dir| Uci::read(dir.join(name)))?;
        let (f, set, splits) = (&f, &set, f.splits.min(set.n_splits()));
        let work = |j| (j..splits).step_by(f.jobs).map(|k| Ok((k, judge(f, (set, name), k)?))).collect::<Vec<_>>();
        let mut judged = thread::scope(|s| {
            let jobs: Vec<_> = (0..f.jobs).map(|j| s.spawn(move || work(j))).collect();
            jobs.into_iter().flat_map(|j| j.join().expect("a job ends")).collect::<Result<Vec<_>, Error>>()
        })?;
        judged.sort_by_key(|j| j.0);
        std::fs::write(f.out.join(format!("{name}.svg")), judged[0].1.2.svg())?;
        let [(n, n_se), (r, r_se)] = [0, 1].map(|i| mean_se(&judged.iter().map(|j| j.1.1[i]).collect::<Vec<_>>()));
        let [nll, rmse] = [nll, rmse].map(|p| p.map(|p| format!("{p:>11}")).concat());
        println!("{name:<10} {n:>7.2}±{n_se:.2}{nll}  {r:>6.2}±{r_se:.2}{rmse}");
        let settings: Vec<Settings> = judged.iter().map(|j| j.1.0).collect();
        let row = serde_json::json!({ "nll": n, "nll_se": n_se, "rmse": r, "rmse_se": r_se, "settings": settings });
        numbers.insert((*name).into(), row);
    }
    Ok(f.json.as_deref().map_or(Ok(()), |path| write_json(path, &numbers.into()))?)
}

fn main() -> ExitCode {
    finish(run())
}
