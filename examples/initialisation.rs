//! Which starts let nets of 50 and 200 layers train: hₗ = f(zₗ), zₗ₊₁ = Wₗ hₗ, on the real digits.
//!
//! With independent weights of mean 0, E[zₗ₊₁²] = n Var W · E[f(zₗ)²] forwards and E[(∂L/∂zₗ)²] = n Var W · E[f′(zₗ)²] · E[(∂L/∂zₗ₊₁)²]
//! backwards: the table holds log₁₀ of the last layer's E[z²] as measured and as the forward rule predicts (from E[x²] of the digits, by
//! quadrature), and by what power of ten the gradient shrinks or grows on its way to the first layer. `--svg FOLDER` draws both by layer.
//! A net trains where neither is far from 0; tanh forgives a
//! gain that is too large, since it saturates, but its gradient does not. (With 64 units a net wanders from the mean over nets that the rule
//! predicts: 200 layers of ReLU lose two to four powers of ten.)
//!
//! ```text
//! $ cargo run --release --example initialisation
//! f       start                layers     lg E z²  predicted lg gradient  train loss  test acc.
//! tanh    uniform ±1/√n            50       -24.1      -24.1       -23.3       2.302       7.8%
//! tanh    Glorot uniform           50        -1.9       -2.0        -1.5       0.215      91.9%
//! tanh    He normal                50        -0.2       -0.2         1.9       0.504      83.3%
//! tanh    normal, exact            50        -0.0       -0.0         3.4       1.390      47.6%
//! tanh    orthogonal, exact        50         0.0       -0.0         3.3       1.153      63.0%
//! tanh    uniform ±1/√n           200        -inf      -95.7        -inf       2.302       7.8%
//! tanh    Glorot uniform          200        -4.1       -2.6        -4.0       1.693      33.4%
//! tanh    He normal               200        -0.2       -0.2         9.0       1.957      20.3%
//! tanh    normal, exact           200         0.0       -0.0        14.6       2.580       9.2%
//! tanh    orthogonal, exact       200         0.0       -0.0        14.0       2.609       9.5%
//! relu    uniform ±1/√n            50       -37.4      -38.6       -37.6       2.302       7.8%
//! relu    Glorot uniform           50       -13.5      -14.8       -14.1       2.302       7.8%
//! relu    He normal                50        -0.3        0.3        -0.6       1.646      29.8%
//! relu    orthogonal, exact        50        -0.6        0.3        -0.5       1.439      35.9%
//! relu    uniform ±1/√n           200        -inf     -155.4        -inf       2.302       7.8%
//! relu    Glorot uniform          200        -inf      -59.9        -inf       2.302       7.8%
//! relu    He normal               200        -2.0        0.3        -1.7       1.732      24.2%
//! relu    orthogonal, exact       200        -4.3        0.3        -2.3       1.793      27.0%
//! linear  uniform ±1/√n            50       -23.8      -23.9       -23.1       2.302       7.8%
//! linear  Glorot uniform           50         0.1       -0.0         0.5       0.377      83.3%
//! linear  He normal                50        14.6       15.0        14.7         inf      10.0%
//! linear  orthogonal, exact        50        -0.0       -0.0         0.0       0.031      96.1%
//! linear  uniform ±1/√n           200        -inf      -95.5        -inf       2.302       7.8%
//! linear  Glorot uniform          200        -1.7       -0.0        -2.0       1.333      47.1%
//! linear  He normal               200         inf       60.2         inf         inf      10.0%
//! linear  orthogonal, exact       200        -0.0       -0.0         0.0       0.033      95.0%
//! ```
use clap::Parser;
use gradus::init::{
    Activation, Scheme, gain, glorot_uniform, he_normal, inverse_sqrt_uniform, lecun_normal, orthogonal,
};
use gradus::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::tensor::Tensor;
use gradus::train::plot::Chart;
use gradus_examples::deep::Deep;
use gradus_examples::digits_data::load;
use gradus_examples::{finish, flags, prepare_folder, refuse, square, write_json};
use std::{path::PathBuf, process::ExitCode, sync::Arc};

/// Deep nets under different starts.
#[derive(Parser, Debug)]
struct Flags {
    #[arg(long, value_delimiter = ',', default_values_t = [50, 200], help = "Layers")]
    depths: Vec<usize>,
    #[arg(long, default_value_t = 64, help = "Units of a layer")]
    width: usize,
    #[arg(long, default_value_t = 200, help = "Steps of training, each a batch of 64")]
    steps: usize,
    #[arg(long, value_delimiter = ',', default_values_t = [0.003, 0.03], help = "Rates of gradient descent: the best counts")]
    rates: Vec<f64>,
    #[arg(long, default_value_t = 0, help = "Seed")]
    seed: u64,
    #[arg(long, help = "Folder for pictures")]
    svg: Option<PathBuf>,
    #[arg(long, help = "File for the final numbers")]
    json: Option<PathBuf>,
}

/// The starts for one activation: name, scheme, and its gain √(n Var W).
fn starts(f: Activation) -> Vec<(&'static str, Arc<dyn Scheme>, f64)> {
    let exact = f.exact_gain();
    let mut all: Vec<(&'static str, Arc<dyn Scheme>, f64)> = vec![
        ("uniform ±1/√n", Arc::new(inverse_sqrt_uniform()), 3_f64.sqrt().recip()),
        ("Glorot uniform", Arc::new(glorot_uniform()), 1.0),
        ("He normal", Arc::new(he_normal()), 2_f64.sqrt()),
        ("orthogonal, exact", Arc::new(orthogonal(exact)), exact),
    ];
    if f == Activation::Tanh {
        all.insert(3, ("normal, exact", Arc::new(lecun_normal().gain(exact)), exact));
    }
    all
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let flags: Flags = flags();
    refuse(
        flags.depths.contains(&0) || flags.width * flags.steps == 0,
        "--depths, --width and --steps must be at least 1",
    )?;
    flags.svg.as_deref().map_or(Ok(()), prepare_folder)?;
    let data = load(flags.seed);
    let input = square(&data.train.0) / data.train.0.len() as f64;
    let mut numbers = Vec::new();
    println!(
        "{:<8}{:<20}{:>7}{:>12}{:>11}{:>12}{:>12}{:>11}",
        "f", "start", "layers", "lg E z²", "predicted", "lg gradient", "train loss", "test acc."
    );
    let functions: [(Activation, fn(&Tensor) -> Tensor); 3] =
        [(Activation::Tanh, Tensor::tanh), (Activation::Relu, Tensor::relu), (Activation::Linear, Tensor::clone)];
    for (kind, f) in functions {
        let name = format!("{kind:?}").to_lowercase();
        let chart = |what: &str| Chart::new(&format!("{name}: {what} by layer")).x_label("layer").y_label(what).log_y();
        for &depth in &flags.depths {
            let mut charts = [chart("E z²"), chart("E (∂L/∂z)²")];
            for (start, scheme, g) in starts(kind) {
                let rng = &mut Xoshiro256PlusPlus::seed_from_u64(flags.seed);
                let net = Deep::new(depth, flags.width, &scheme, f, rng);
                let [z, slopes] = net.signals(&data.train)?;
                let predicted = (1..depth).fold(g * g * input, |q, _| gain::variance_step(|x| kind.at(x), g, 0.0, q));
                for (chart, values) in charts.iter_mut().zip([&z, &slopes]) {
                    let points = values.iter().enumerate().map(|(l, v)| (l as f64 + 1.0, *v)).collect();
                    // A logarithmic axis has no place for 0, below which f32 falls here.
                    let gone = if values.iter().any(|v| *v > 0.0) { "" } else { ": 0 in all layers" };
                    *chart = std::mem::replace(chart, Chart::new("")).line(&format!("{start}{gone}"), points);
                }
                let (last, growth) = (z[depth - 1].log10(), slopes[0].log10() - slopes[depth - 1].max(1e-300).log10());
                let (mut loss, mut test) = (f64::INFINITY, 0.1);
                for &rate in &flags.rates {
                    let (mut net, mut rng) = (net.clone(), rng.clone());
                    if net.descend(&data, rate, flags.steps, 0.0, &mut rng).is_some() && net.score(&data).0 < loss {
                        (loss, test) = net.score(&data);
                    }
                }
                println!(
                    "{name:<8}{start:<20}{depth:>7}{last:>12.1}{:>11.1}{growth:>12.1}{loss:>12.3}{:>10.1}%",
                    predicted.log10(),
                    100.0 * test
                );
                numbers.push(serde_json::json!({ "activation": name, "start": start, "depth": depth, "log10_last": last,
                    "log10_predicted": predicted.log10(), "log10_gradient": growth, "train_loss": loss, "test_accuracy": test }));
            }
            for (chart, what) in charts.iter().zip(["forward", "backward"]) {
                let Some(folder) = &flags.svg else { continue };
                std::fs::write(folder.join(format!("{name}_{depth}_{what}.svg")), chart.svg())?;
            }
        }
    }
    flags.json.as_deref().map_or(Ok(()), |path| write_json(path, &numbers.into()))?;
    Ok(())
}

fn main() -> ExitCode {
    finish(run())
}
