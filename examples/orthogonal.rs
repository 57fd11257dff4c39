//! Orthogonal layers on the digits: ‖W h‖ = ‖h‖ forwards and ‖Wᵀ g‖ = ‖g‖ backwards, however deep the net and however long it trains.
//!
//! hₖ = MaxMin(Wₖ hₖ₋₁) with 64 units, where MaxMin(a, b) = (max(a, b), min(a, b)) of the two halves (Anil, Lucas & Grosse 2019) keeps
//! norms too, so ‖h_D‖ = ‖h₀‖ and ‖∇_{h₀} L‖ = ‖∇_{h_D} L‖ for WₖᵀWₖ = I. The table has the two ratios and the test accuracy for Wₖ = B e^(V − Vᵀ), for Cayley's map, for a free Wₖ that starts
//! orthogonal, and for a free Wₖ from Glorot's scheme.
//!
//! ```text
//! $ cargo run --release --example orthogonal
//! W                              ‖h_D‖/‖h₀‖   ‖∇₀‖/‖∇_D‖    |WᵀW − I|   train loss  test acc.
//! B exp(V − Vᵀ)                    1.000000     1.000000       5.1e-7       0.2019     98.33%
//! Cayley                           1.000000     1.000000       5.0e-7       0.2026     97.21%
//! free, orthogonal start           4.194128     4.524620       2.5e-1       0.0201     97.49%
//! free, Glorot start               6.454081     6.989454       6.9e-1       0.0355     93.31%
//! ```
use clap::Parser;
use gradus::constraints::Stiefel;
use gradus::init::{Scheme, glorot_normal, orthogonal};
use gradus::nn::{Linear, Module, Named, cross_entropy};
use gradus::optim::schedule::{Schedule, cosine};
use gradus::optim::{Adam, Optimise};
use gradus::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::tensor::{Grad, Mode, Parametrization, Tensor};
use gradus_examples::digits_data::{Batch, accuracy, batch, load};
use gradus_examples::{finish, flags, prepare_file, refuse, square, write_json};
use serde_json::json;
use std::{path::PathBuf, process::ExitCode};

/// Train a deep net of orthogonal layers.
#[derive(Parser)]
struct Flags {
    #[arg(long, default_value_t = 20, help = "Layers")]
    depth: usize,
    #[arg(long, default_value_t = 8, help = "Times through the training data")]
    epochs: u64,
    #[arg(long, default_value_t = 3e-3, help = "First rate of Adam; it falls along half a cosine")]
    rate: f64,
    #[arg(long, default_value_t = 0, help = "Seed")]
    seed: u64,
    #[arg(long, help = "File for the final numbers")]
    json: Option<PathBuf>,
}

#[derive(Debug, Module)]
struct Net {
    layers: Vec<Linear>,
    head: Linear,
}

impl Net {
    fn new(
        depth: usize,
        scheme: impl Scheme + Clone + 'static,
        held: Option<Stiefel>,
        rng: &mut Xoshiro256PlusPlus,
    ) -> Self {
        let layer = |rng: &mut Xoshiro256PlusPlus| {
            let linear = Linear::builder(64, 64).bias(false).init(scheme.clone());
            if let Some(set) = held { linear.constrain(set) } else { linear }.build(rng)
        };
        Net { layers: (0..depth).map(|_| layer(rng)).collect(), head: Linear::new(64, 10, rng) }
    }

    /// h_D of h₀.
    fn trunk(&self, x: &Tensor) -> Tensor {
        self.layers.iter().fold(x.clone(), |h, layer| {
            let z = layer.forward(&h, &mut Mode::eval());
            let (a, b) = (z.narrow(1, 0, 32), z.narrow(1, 32, 32));
            Tensor::concat(&[a.maximum(&b), a.minimum(&b)], 1)
        })
    }

    fn logits(&self, x: &Tensor) -> Tensor {
        self.head.forward(&self.trunk(x), &mut Mode::eval())
    }

    /// ‖h_D‖/‖h₀‖ and ‖∇_{h₀} L‖/‖∇_{h_D} L‖ over a batch, and the largest entry of |WᵀW − I|.
    fn ratios(&self, (x, y): &Batch) -> Result<[f64; 3], gradus::tensor::Error> {
        let x = x.tracked();
        let h = self.trunk(&x);
        let loss = cross_entropy(&self.head.forward(&h, &mut Mode::eval()), y);
        let slopes = Grad::of(&loss).wrt(&vec![x.clone(), h.clone()]).run()?;
        let root = |a: &Tensor, b: &Tensor| (square(a) / square(b)).sqrt();
        let weights = self.named_parameters().into_iter().filter(|(name, _)| name.starts_with("layers"));
        let defect = weights.map(|(_, w)| Stiefel::expm().defect(&w.value())).fold(0.0, f64::max);
        Ok([root(&h, &x), root(&slopes[0], &slopes[1]), defect])
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let f: Flags = flags();
    refuse(f.depth == 0 || f.epochs == 0, "--depth and --epochs must be at least 1")?;
    f.json.as_deref().map_or(Ok(()), prepare_file)?;
    let data = load(f.seed);
    let mut out = serde_json::Map::new();
    println!(
        "{:<28}{:>13}{:>13}{:>13}{:>13}{:>11}",
        "W", "‖h_D‖/‖h₀‖", "‖∇₀‖/‖∇_D‖", "|WᵀW − I|", "train loss", "test acc."
    );
    for (way, haar, held) in [
        ("B exp(V − Vᵀ)", true, Some(Stiefel::expm())),
        ("Cayley", true, Some(Stiefel::cayley())),
        ("free, orthogonal start", true, None),
        ("free, Glorot start", false, None),
    ] {
        let rng = &mut Xoshiro256PlusPlus::seed_from_u64(f.seed);
        let mut net = if haar {
            Net::new(f.depth, orthogonal(1.0), held, rng)
        } else {
            Net::new(f.depth, glorot_normal(), held, rng)
        };
        let mut adam = Adam::new(f.rate).schedule(cosine(f.epochs).by_epoch());
        for _ in 0..f.epochs {
            for part in data.set.batches(64, rng) {
                let (x, y) = batch(&part);
                let grads = cross_entropy(&net.logits(&x), &y).backward();
                adam.step(&mut net, &grads);
            }
            adam.end_epoch();
        }
        let [forward, backward, defect] = net.ratios(&data.train)?;
        let loss = f64::from(cross_entropy(&net.logits(&data.train.0), &data.train.1).item());
        let test = accuracy(&net.logits(&data.test.0), &data.test.1);
        println!("{way:<28}{forward:>13.6}{backward:>13.6}{defect:>13.1e}{loss:>13.4}{:>10.2}%", 100.0 * test);
        let numbers = json!({ "forward": forward, "backward": backward, "defect": defect, "train_loss": loss, "test_accuracy": test });
        out.insert(way.to_owned(), numbers);
    }
    f.json.as_deref().map_or(Ok(()), |path| write_json(path, &serde_json::Value::Object(out)))?;
    Ok(())
}

fn main() -> ExitCode {
    finish(run())
}
