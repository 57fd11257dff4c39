//! Which starts let nets of 50 and 200 layers train: hₗ = f(zₗ), zₗ₊₁ = Wₗ hₗ, on the real digits.
//!
//! With independent weights of mean 0, E[zₗ₊₁²] = n Var W · E[f(zₗ)²] forwards and E[(∂L/∂zₗ)²] = n Var W · E[f′(zₗ)²] · E[(∂L/∂zₗ₊₁)²]
//! backwards: the table holds log₁₀ of the last layer's E[z²] as measured and as the forward rule predicts (from E[x²] of the digits, by
//! quadrature), and by what power of ten the gradient shrinks or grows on its way to the first layer. `--svg FOLDER` draws both by layer.
//! A net trains where neither is far from 0; tanh forgives a gain that is too large, since it saturates.
//!
//! ```text
//! $ cargo run --release --example initialisation
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
    #[arg(long, default_value_t = 0.01, help = "Rate of gradient descent (momentum 0.9)")]
    rate: f64,
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
                let mut net = Deep::new(depth, flags.width, &scheme, f, rng);
                let [z, slopes] = net.signals(&data.train)?;
                let predicted = (1..depth).fold(g * g * input, |q, _| gain::variance_step(|x| kind.at(x), g, 0.0, q));
                for (chart, values) in charts.iter_mut().zip([&z, &slopes]) {
                    let points = values.iter().enumerate().map(|(l, v)| (l as f64 + 1.0, *v)).collect();
                    *chart = std::mem::replace(chart, Chart::new("")).line(start, points);
                }
                let (last, growth) = (z[depth - 1].log10(), (slopes[0] / slopes[depth - 1]).log10());
                let stable = net.descend(&data, flags.rate, flags.steps, 0.0, rng).is_some();
                let (loss, test) = if stable { net.score(&data) } else { (f64::INFINITY, 0.1) };
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
