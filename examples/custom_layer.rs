//! A layer of one's own: the gated linear unit y = (W x + b) ⊙ σ(V x + c) (Dauphin et al. 2017), and a network of two of them.
//!
//! A layer is a struct that derives `Module` and has a `forward`: names, saving, optimisers, constraints and derivatives of every order
//! follow. `check_grads` holds its first three orders to finite differences, then the net learns the digits.
//!
//! ```text
//! $ cargo run --release --example custom_layer
//! three orders of derivatives agree with finite differences
//! epoch  test accuracy
//!    20         98.33%
//! ```
use clap::Parser;
use gradus::nn::{Layer, Linear, Module, Named, cross_entropy};
use gradus::optim::AdamW;
use gradus::rand::{Rng, SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::tensor::{Mode, Real, Tensor, check_grads};
use gradus_examples::digits_data::{accuracy, batch, load};
use gradus_examples::{finish, flags, refuse, write_json};
use std::{path::PathBuf, process::ExitCode};

/// y = (W x + b) ⊙ σ(V x + c).
#[derive(Debug, Module)]
struct Gated<T: Real = f32> {
    value: Linear<T>,
    gate: Linear<T>,
}

impl<T: Real> Gated<T> {
    fn new(n_in: usize, n_out: usize, rng: &mut impl Rng) -> Self {
        Gated { value: Linear::new(n_in, n_out, rng), gate: Linear::new(n_in, n_out, rng) }
    }
}

impl<T: Real> Layer<T> for Gated<T> {
    fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        self.value.forward(x, mode) * self.gate.forward(x, mode).sigmoid()
    }
}

/// Two gated layers.
#[derive(Debug, Module)]
struct Net {
    trunk: Gated,
    head: Gated,
}

impl Net {
    fn forward(&self, x: &Tensor, mode: &mut Mode) -> Tensor {
        self.head.forward(&self.trunk.forward(x, mode), mode)
    }
}

/// A layer of one's own on the digits.
#[derive(Parser, Debug)]
struct Flags {
    #[arg(long, default_value_t = 0, help = "Seed of weights and split")]
    seed: u64,
    #[arg(long, default_value_t = 64, help = "Hidden units")]
    hidden: usize,
    #[arg(long, default_value_t = 20, help = "Times through the training data")]
    epochs: usize,
    #[arg(long, help = "File for the final numbers")]
    json: Option<PathBuf>,
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let f: Flags = flags();
    refuse(f.hidden * f.epochs == 0, "--hidden and --epochs must be at least 1")?;
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(f.seed);

    // Derivatives of the layer with respect to its weights, to the third order, in double precision.
    let small = Gated::<f64>::new(3, 2, &mut rng);
    let x = Tensor::from_slice(&[2, 3], &[0.3, -1.0, 0.8, 0.1, 0.5, -0.4]);
    check_grads(move |layer: &Gated<f64>| layer.forward(&x, &mut Mode::eval()), &small, 3)?;
    println!("three orders of derivatives agree with finite differences");

    let data = load(f.seed);
    let mut net = Net { trunk: Gated::new(64, f.hidden, &mut rng), head: Gated::new(f.hidden, 10, &mut rng) };
    for (name, p) in net.named_parameters() {
        println!("{name:<20} {:?}", p.value().shape());
    }
    let mut adam = AdamW::new(3e-3).weight_decay(0.05);
    println!("epoch  test accuracy");
    let mut test = 0.0;
    for epoch in 1..=f.epochs {
        for part in data.set.batches(64, &mut rng) {
            let (x, labels) = batch(&part);
            let loss = cross_entropy(&net.forward(&x, &mut Mode::train(&mut rng)), &labels);
            adam.step(&mut net, &loss.backward());
        }
        test = accuracy(&net.forward(&data.test.0, &mut Mode::eval()), &data.test.1);
        if epoch % 5 == 0 || epoch == f.epochs {
            println!("{epoch:>5}  {:>12.2}%", test * 100.0);
        }
    }
    let numbers = serde_json::json!({ "test_accuracy": test, "parameters": net.count_parameters() });
    f.json.as_deref().map_or(Ok(()), |path| write_json(path, &numbers))?;
    Ok(())
}

fn main() -> ExitCode {
    finish(run())
}
