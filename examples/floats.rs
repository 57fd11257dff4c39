//! Where training in a narrow float breaks, and how batch norm helps: a deep net on the digits with every number rounded, fl(x) = S·M·2ᴱ.
//!
//! Weights, outputs of layers and gradients are rounded (`LowPrecision`); Adam, which forgives any scale of the gradient but 0, moves f32
//! weights. What breaks is less the grid than the range: in ten layers with U(±1/√n) gradients shrink below the smallest number and are 0
//! (`lost`: the largest share in a layer, at the start). A larger loss helps until something overflows; batch norm keeps everything in the
//! middle of the range. Weights kept in bf16: steps below half a unit of the last place are lost to nearest, not at random.
//!
//! ```text
//! $ cargo run --release --example floats
//!                        plain           loss x 1024          batch norm
//! format         lost     test         lost     test       lost     test
//! f32              0%    83.3%           0%    83.3%         0%    96.7%
//! bf16             0%    76.3%           0%    71.6%         0%    96.7%
//! fp16             7%    85.2%           0%    81.6%         0%    95.3%
//! fp8 e5m2       100%    73.0%           2%    63.5%         2%    96.4%
//! fp8 e4m3       100%    12.3%          96%    77.4%        62%    95.8%
//! weights kept in bf16, steps of Adam at most 1e-4, batch norm
//! f32           63.5%
//! nearest       14.2%
//! random        64.1%
//! ```
use clap::Parser;
use gradus::init::inverse_sqrt_uniform;
use gradus::nn::{Activation, BatchNorm, Linear, Sequential, cross_entropy};
use gradus::optim::Adam;
use gradus::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::tensor::{Mode, floats::Format};
use gradus::train::{LowPrecision, signal::Signal};
use gradus_examples::digits_data::{Digits, accuracy, batch, load};
use gradus_examples::{finish, flags, refuse, write_json};
use serde_json::json;
use std::{path::PathBuf, process::ExitCode};

/// A deep net trained in narrow floats.
#[derive(Parser, Debug)]
struct Flags {
    #[arg(long, default_value_t = 10, help = "Hidden layers of 64 units")]
    layers: usize,
    #[arg(long, default_value_t = 300, help = "Steps, each a batch of 64")]
    steps: usize,
    #[arg(long, default_value_t = 1024.0, help = "Factor of the loss in the second column")]
    scale: f64,
    #[arg(long, default_value_t = 0, help = "Seed")]
    seed: u64,
    #[arg(long, help = "File for the final numbers")]
    json: Option<PathBuf>,
}

const FORMATS: [(&str, Format); 5] = [
    ("f32", Format::FP32),
    ("bf16", Format::BF16),
    ("fp16", Format::FP16),
    ("fp8 e5m2", Format::FP8_E5M2),
    ("fp8 e4m3", Format::FP8_E4M3),
];

/// `layers` times linear, (batch norm,) ReLU, and a head.
fn net(layers: usize, norm: bool, rng: &mut Xoshiro256PlusPlus) -> Sequential {
    let mut net = Sequential::new();
    for _ in 0..layers {
        net = net.then(Linear::builder(64, 64).init(inverse_sqrt_uniform()).build(rng));
        net = if norm { net.then(BatchNorm::new(64)) } else { net };
        net = net.then(Activation::relu());
    }
    net.then(Linear::builder(64, 10).init(inverse_sqrt_uniform()).build(rng))
}

/// The largest share of a layer's gradient that the format loses in a net as it starts.
fn lost(
    net: &Sequential,
    format: Format,
    scale: f64,
    data: &Digits,
    rng: &mut Xoshiro256PlusPlus,
) -> gradus::train::Result<f64> {
    let (x, y) =
        (data.train.0.narrow(0, 0, 64), gradus::tensor::Index::new(&[64], data.train.1.as_slice()[..64].to_vec()));
    let signal = Signal::new().format(format).jacobians(0);
    let report = signal.run(net, &x, &Mode::train(rng), Sequential::forward, |z| cross_entropy(z, &y) * scale)?;
    Ok(report.layers().iter().map(|l| l.lost_gradients).fold(0.0, f64::max))
}

/// One net of a table: how it is rounded and trained.
struct Way {
    low: LowPrecision,
    norm: bool,
    scale: f64,
    rate: f64,
    store: bool,
}

/// Trains; answers with the test accuracy.
fn train(way: &Way, flags: &Flags, data: &Digits) -> f64 {
    let rng = &mut Xoshiro256PlusPlus::seed_from_u64(flags.seed);
    let mut net = net(flags.layers, way.norm, rng);
    let (mut adam, mut taken) = (Adam::new(way.rate), 0);
    while taken < flags.steps {
        for part in data.set.batches(64, rng).take(flags.steps - taken) {
            let ((x, y), mut mode) = (batch(&part), Mode::train(rng));
            let grads = way
                .low
                .run(&net, &mut mode, |net, mode| cross_entropy(&net.forward(&x, mode), &y) * way.scale)
                .backward();
            adam.step(&mut net, &grads);
            if way.store {
                way.low.store(&mut net, &mut mode);
            }
            taken += 1;
        }
    }
    accuracy(&way.low.run(&net, &mut Mode::eval(), |net, mode| net.forward(&data.test.0, mode)), &data.test.1)
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let f: Flags = flags();
    refuse(f.layers * f.steps == 0, "--layers and --steps must be at least 1")?;
    let data = load(f.seed);
    let mut numbers = Vec::new();
    println!("{:<10}{:>18}{:>22}{:>20}", "", "plain", format!("loss x {}", f.scale), "batch norm");
    println!("{:<10}{:>9}{:>9}{:>13}{:>9}{:>11}{:>9}", "format", "lost", "test", "lost", "test", "lost", "test");
    for (name, format) in FORMATS {
        print!("{name:<10}");
        for (norm, scale, wide) in [(false, 1.0, 9), (false, f.scale, 13), (true, 1.0, 11)] {
            let rng = &mut Xoshiro256PlusPlus::seed_from_u64(f.seed);
            let lost = lost(&net(f.layers, norm, rng), format, scale, &data, rng)?;
            let way = Way { low: LowPrecision::all(format), norm, scale, rate: 1e-3, store: false };
            let test = train(&way, &f, &data);
            print!("{:>w$.0}%{:>8.1}%", 100.0 * lost, 100.0 * test, w = wide - 1);
            numbers.push(
                json!({ "format": name, "batch_norm": norm, "scale": scale, "lost": lost, "test_accuracy": test }),
            );
        }
        println!();
    }
    println!("weights kept in bf16, steps of Adam at most 1e-4, batch norm");
    let bf16 = LowPrecision::new().weights(Format::BF16);
    for (name, low, store) in
        [("f32", LowPrecision::new(), false), ("nearest", bf16, true), ("random", bf16.stochastic(), true)]
    {
        let test = train(&Way { low, norm: true, scale: 1.0, rate: 1e-4, store }, &f, &data);
        println!("{name:<10}{:>8.1}%", 100.0 * test);
        numbers.push(json!({ "kept": name, "test_accuracy": test }));
    }
    f.json.as_deref().map_or(Ok(()), |path| write_json(path, &numbers.into()))?;
    Ok(())
}

fn main() -> ExitCode {
    finish(run())
}
