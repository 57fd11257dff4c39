//! Batch norm put into a trained net without changing it, and taken out again: x̂ = (x − m)/√(σ² + ε), y = γ x̂ + δ.
//!
//! Three steps on the digits. (1) A net of linear layers is trained. (2) A batch norm goes behind each hidden layer with the start from
//! data γ = √(σ² + ε), δ = m, running statistics m, σ²: the net's function is the same, and training goes on with normalised units.
//! (3) Each batch norm is folded into the layer before it, W' = diag(s) W, b' = s b + t with s = γ/√(σ² + ε), t = δ − m s: plain
//! linear layers again, with the function of the normalised net in evaluation.
//!
//! ```text
//! $ cargo run --release --example batch_norm
//! trained without batch norm: test accuracy 94.15%
//! batch norms put in: outputs moved by 1.9e-6 in training, 0.0e0 in evaluation
//! trained on with batch norm: test accuracy 96.94%
//! batch norms folded away: outputs moved by 2.4e-6, test accuracy 96.94%
//! ```
use clap::Parser;
use gradus::nn::{BatchNorm, Linear, Module, cross_entropy};
use gradus::optim::AdamW;
use gradus::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::tensor::{Mode, Tensor, no_grad};
use gradus_examples::digits_data::{Digits, accuracy, batch, load};
use gradus_examples::{finish, flags, refuse, write_json};
use std::{path::PathBuf, process::ExitCode};

/// Batch norm in and out of a trained net.
#[derive(Parser, Debug)]
struct Flags {
    #[arg(long, default_value_t = 0, help = "Seed of weights and split")]
    seed: u64,
    #[arg(long, default_value_t = 64, help = "Units of each of two hidden layers")]
    hidden: usize,
    #[arg(long, default_value_t = 5, help = "Times through the training data, before and after")]
    epochs: usize,
    #[arg(long, help = "File for the final numbers")]
    json: Option<PathBuf>,
}

/// relu(norm(linear(x))) twice, and a head; without norms where there are none.
#[derive(Debug, Module)]
struct Net {
    layers: Vec<Linear>,
    norms: Vec<BatchNorm>,
    head: Linear,
}

impl Net {
    fn forward(&self, x: &Tensor, mode: &mut Mode) -> Tensor {
        let mut h = x.clone();
        for (i, layer) in self.layers.iter().enumerate() {
            h = layer.forward(&h, mode);
            if let Some(norm) = self.norms.get(i) {
                h = norm.forward(&h, mode);
            }
            h = h.relu();
        }
        self.head.forward(&h, mode)
    }

    /// Puts a batch norm behind every hidden layer, started from the batch `x`.
    fn insert_norms(&mut self, x: &Tensor) -> gradus::nn::Result<()> {
        let mut h = x.clone();
        for layer in &self.layers {
            let z = no_grad(|| layer.forward(&h, &mut Mode::eval()));
            let mut norm = BatchNorm::new(z.shape()[1]);
            norm.start_from(&z)?;
            self.norms.push(norm);
            h = z.relu();
        }
        Ok(())
    }

    /// The net with every batch norm in the layer before it.
    fn folded(&self) -> Self {
        let layers = self.layers.iter().zip(&self.norms).map(|(layer, norm)| norm.fold_after(layer)).collect();
        Net { layers, norms: Vec::new(), head: self.head.clone() }
    }
}

/// Trains, and answers with the test accuracy.
fn train(net: &mut Net, f: &Flags, data: &Digits, rng: &mut Xoshiro256PlusPlus) -> f64 {
    let mut adam = AdamW::new(1e-3);
    for _ in 0..f.epochs {
        for part in data.set.batches(64, rng) {
            let (x, labels) = batch(&part);
            let loss = cross_entropy(&net.forward(&x, &mut Mode::train(rng)), &labels);
            adam.step(net, &loss.backward());
        }
    }
    accuracy(&net.forward(&data.test.0, &mut Mode::eval()), &data.test.1)
}

fn apart(a: &Tensor, b: &Tensor) -> f64 {
    f64::from((a - b).to_vec().iter().fold(0.0_f32, |m, x| m.max(x.abs())))
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let f: Flags = flags();
    refuse(f.hidden * f.epochs == 0, "--hidden and --epochs must be at least 1")?;
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(f.seed);
    let data = load(f.seed);
    let (seen, test) = (&data.train.0, &data.test.0);
    let layers = vec![Linear::new(64, f.hidden, &mut rng), Linear::new(f.hidden, f.hidden, &mut rng)];
    let mut net = Net { layers, norms: Vec::new(), head: Linear::new(f.hidden, 10, &mut rng) };
    let plain = train(&mut net, &f, &data, &mut rng);
    println!("trained without batch norm: test accuracy {:.2}%", plain * 100.0);

    let mode = Mode::train(&mut rng);
    let before = (net.forward(seen, &mut mode.again()), net.forward(test, &mut Mode::eval()));
    net.insert_norms(seen)?;
    let after = (net.forward(seen, &mut mode.again()), net.forward(test, &mut Mode::eval()));
    let inserted = [apart(&before.0, &after.0), apart(&before.1, &after.1)];
    println!("batch norms put in: outputs moved by {:.1e} in training, {:.1e} in evaluation", inserted[0], inserted[1]);

    let normed = train(&mut net, &f, &data, &mut rng);
    println!("trained on with batch norm: test accuracy {:.2}%", normed * 100.0);
    let folded = net.folded();
    let moved = apart(&net.forward(test, &mut Mode::eval()), &folded.forward(test, &mut Mode::eval()));
    let still = accuracy(&folded.forward(test, &mut Mode::eval()), &data.test.1);
    println!("batch norms folded away: outputs moved by {moved:.1e}, test accuracy {:.2}%", still * 100.0);

    let numbers = serde_json::json!({
        "test_accuracy_plain": plain, "moved_training": inserted[0], "moved_evaluation": inserted[1],
        "test_accuracy_normed": normed, "moved_folded": moved, "test_accuracy_folded": still,
    });
    f.json.as_deref().map_or(Ok(()), |path| write_json(path, &numbers))?;
    Ok(())
}

fn main() -> ExitCode {
    finish(run())
}
