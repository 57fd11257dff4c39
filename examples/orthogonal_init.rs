//! Orthogonal against Gaussian starts of deep nets after Saxe, McClelland & Ganguli (2014): hₗ = f(g·Wₗ hₗ₋₁) on the real digits.
//!
//! Both starts have E[W²] = 1/n, so both keep the mean size of a signal. But J = ∂h_D/∂x = ∏ₗ diag(f′(zₗ)) g Wₗ of D independent Gaussian
//! factors stretches a few directions and loses the others, more with every layer, while orthogonal factors keep every direction: all
//! singular values of J are 1 for a linear net with g = 1 (dynamical isometry). So the steps to a training loss of `--target` (the best of
//! three rates) grow with depth for one and hardly for the other. tanh has g = 1.05, a little above the edge of chaos at 1.
//! Values below 1e-7 are rounding. `--svg FOLDER` draws spectra (those of orthogonal linear nets lie on each other, at 1) and speed.
//!
//! ```text
//! $ cargo run --release --example orthogonal_init
//! f       start        layers  largest s   median s smallest s    steps  test acc.
//! linear  Gaussian          4     3.32e0    2.48e-1    6.78e-7       36      94.7%
//! linear  Gaussian         16     5.15e0    2.81e-3    5.56e-9       54      92.5%
//! linear  Gaussian         64     3.00e0    9.65e-8   6.24e-10      213      85.2%
//! linear  Gaussian        128     2.37e0    4.54e-8   3.15e-10     >599      78.0%
//! linear  orthogonal        4     1.00e0     1.00e0     1.00e0       34      94.7%
//! linear  orthogonal       16     1.00e0     1.00e0     1.00e0       31      92.8%
//! linear  orthogonal       64     1.00e0     1.00e0     1.00e0       43      95.3%
//! linear  orthogonal      128     1.00e0     1.00e0     1.00e0       39      95.5%
//! tanh    Gaussian          4     1.26e0    5.23e-2    4.65e-8       42      97.8%
//! tanh    Gaussian         16    8.72e-1    2.60e-4   2.65e-10       52      95.0%
//! tanh    Gaussian         64     1.11e0    3.73e-8   3.53e-10      138      85.2%
//! tanh    Gaussian        128    9.31e-1    1.89e-8   4.72e-11     >599      86.4%
//! tanh    orthogonal        4    8.58e-1    3.40e-1    2.66e-3       40      96.9%
//! tanh    orthogonal       16    6.57e-1    1.83e-1    2.49e-4       38      96.7%
//! tanh    orthogonal       64    6.67e-1    1.35e-1    9.63e-7       42      93.6%
//! tanh    orthogonal      128    9.89e-1    1.19e-1    1.99e-9       44      95.8%
//! ```
use clap::Parser;
use gradus::init::{Scheme, lecun_normal, orthogonal};
use gradus::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::tensor::{Tensor, jacobian};
use gradus::train::plot::Chart;
use gradus_examples::deep::Deep;
use gradus_examples::digits_data::load;
use gradus_examples::{finish, flags, prepare_folder, refuse, write_json};
use serde_json::json;
use std::{path::PathBuf, process::ExitCode, sync::Arc};

/// Spectra and speed of deep linear and tanh nets.
#[derive(Parser, Debug)]
struct Flags {
    #[arg(long, value_delimiter = ',', default_values_t = [4, 16, 64, 128], help = "Layers")]
    depths: Vec<usize>,
    #[arg(long, value_delimiter = ',', default_values_t = [0.0003, 0.003, 0.03], help = "Rates of gradient descent (momentum 0.9)")]
    rates: Vec<f64>,
    #[arg(long, default_value_t = 0.4, help = "Training loss to reach")]
    target: f64,
    #[arg(long, default_value_t = 600, help = "Steps at most, each a batch of 64")]
    steps: usize,
    #[arg(long, default_value_t = 0, help = "Seed")]
    seed: u64,
    #[arg(long, help = "Folder for pictures")]
    svg: Option<PathBuf>,
    #[arg(long, help = "File for the final numbers")]
    json: Option<PathBuf>,
}

/// The singular values of ∂h_D/∂x at one digit, falling.
fn spectrum(net: &Deep, x: &Tensor) -> Result<Vec<f64>, gradus::tensor::Error> {
    let j = jacobian(|x: &Tensor| net.trunk(&x.reshape(&[1, 64])).1.reshape(&[64]), &x.narrow(0, 0, 1).reshape(&[64]));
    Ok(j.singular_values()?.to_vec().iter().map(|s| f64::from(*s)).collect())
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let f: Flags = flags();
    refuse(f.depths.contains(&0) || f.steps == 0 || f.rates.is_empty(), "--depths, --steps and --rates must not be 0")?;
    f.svg.as_deref().map_or(Ok(()), prepare_folder)?;
    let data = load(f.seed);
    let mut numbers = Vec::new();
    println!(
        "{:<8}{:<12}{:>7}{:>11}{:>11}{:>11}{:>9}{:>11}",
        "f", "start", "layers", "largest s", "median s", "smallest s", "steps", "test acc."
    );
    let reached = format!("steps, where {} are enough", f.steps - 1);
    let nets: [(&str, fn(&Tensor) -> Tensor, f64); 2] = [("linear", Tensor::clone, 1.0), ("tanh", Tensor::tanh, 1.05)];
    for (name, activation, g) in nets {
        let starts: [(&str, Arc<dyn Scheme>); 2] =
            [("Gaussian", Arc::new(lecun_normal().gain(g))), ("orthogonal", Arc::new(orthogonal(g)))];
        let mut spectra =
            Chart::new(&format!("Singular values of ∂h/∂x, {name} nets")).x_label("index").y_label("s").log_y();
        let mut speed = Chart::new(&format!("Steps to a training loss of {}, {name} nets", f.target)).x_label("layers");
        for (start, scheme) in starts {
            let mut taken = Vec::new();
            for &depth in &f.depths {
                let make = || {
                    let mut rng = Xoshiro256PlusPlus::seed_from_u64(f.seed);
                    (Deep::new(depth, 64, &scheme, activation, &mut rng), rng)
                };
                let s = spectrum(&make().0, &data.train.0)?;
                let points = s.iter().enumerate().map(|(i, s)| (i as f64 + 1.0, *s)).collect();
                spectra = spectra.line(&format!("{start}, {depth}"), points);
                // The best rate: fewest steps, then the better net.
                let mut best: Option<(usize, f64)> = None;
                for &rate in &f.rates {
                    let (mut net, mut rng) = make();
                    let Some(steps) = net.descend(&data, rate, f.steps, f.target, &mut rng) else { continue };
                    let test = net.score(&data).1;
                    if best.is_none_or(|(s, t)| steps < s || steps == s && test > t) {
                        best = Some((steps, test));
                    }
                }
                let (steps, test) = best.unwrap_or((f.steps, 0.1));
                // A net that does not get there in time has no point.
                taken.push((depth as f64, if steps == f.steps { f64::NAN } else { steps as f64 }));
                let shown = if steps == f.steps { format!(">{}", steps - 1) } else { steps.to_string() };
                let (largest, median, smallest) = (s[0], s[s.len() / 2], s[s.len() - 1]);
                println!(
                    "{name:<8}{start:<12}{depth:>7}{largest:>11.2e}{median:>11.2e}{smallest:>11.2e}{shown:>9}{:>10.1}%",
                    100.0 * test
                );
                numbers.push(json!({ "f": name, "start": start, "depth": depth, "singular_values": s, "steps": steps, "test_accuracy": test }));
            }
            speed = speed.dots(start, taken);
        }
        if let Some(folder) = &f.svg {
            std::fs::write(folder.join(format!("{name}_spectra.svg")), spectra.svg())?;
            std::fs::write(folder.join(format!("{name}_speed.svg")), speed.y_label(&reached).svg())?;
        }
    }
    f.json.as_deref().map_or(Ok(()), |path| write_json(path, &numbers.into()))?;
    Ok(())
}

fn main() -> ExitCode {
    finish(run())
}
