//! Backpropagation, layer by layer: for z = W x + b, ∇_x L = Wᵀ ∇_z L, ∇_W L = ∇_z L xᵀ and ∇_b L = ∇_z L, on real digits.
//!
//! For a batch with samples as rows (Z = X Wᵀ + b) these are ∇_X = ∇_Z W, ∇_W = ∇_Zᵀ X and ∇_b the sum of ∇_Z's rows. The program walks
//! a net of three layers backwards by these formulas alone, through relu by ∇_z = ∇_h ⊙ \[z > 0\], starting at the loss's
//! ∇_logits = (softmax − onehot)/N, and compares every matrix with what the engine says. Also: dL = Σ ∇_z L ⊙ dz, by forward mode.
//!
//! ```text
//! $ cargo run --release --example backprop
//! layer   shape of W   ‖∇_z L‖   ‖∇_x L‖  ∇_z by hand  ∇_x = Wᵀ∇_z  ∇_W = ∇_z xᵀ  ∇_b = Σ ∇_z
//!     0     [48, 64]   1.92e-2   2.13e-2       1.9e-7       1.9e-7       1.3e-7       1.0e-7
//! largest relative difference: 1.9e-7
//! ```
use clap::Parser;
use gradus::nn::{Linear, cross_entropy};
use gradus::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::tensor::{Grad, Mode, Param, Tensor, jvp};
use gradus_examples::digits_data::load;
use gradus_examples::{finish, flags, refuse, write_json};
use std::{path::PathBuf, process::ExitCode};

/// Walk backwards through a net by hand and by the engine.
#[derive(Parser, Debug)]
struct Flags {
    #[arg(long, default_value_t = 0, help = "Seed of weights and split")]
    seed: u64,
    #[arg(long, value_delimiter = ',', default_value = "48,32", help = "Units of the hidden layers")]
    widths: Vec<usize>,
    #[arg(long, help = "File for the final numbers")]
    json: Option<PathBuf>,
}

/// max |a − b| / max |b|.
fn apart(a: &Tensor, b: &Tensor) -> f64 {
    let largest = |x: &Tensor| f64::from(x.to_vec().iter().fold(0.0_f32, |m, x| m.max(x.abs())));
    largest(&(a - b)) / largest(b)
}

fn norm(x: &Tensor) -> f64 {
    f64::from(x.square().sum().item()).sqrt()
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let f: Flags = flags();
    refuse(f.widths.contains(&0), "--widths must be at least 1")?;
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(f.seed);
    let (x, labels) = load(f.seed).train;
    let sizes: Vec<usize> = [64].into_iter().chain(f.widths).chain([10]).collect();
    let layers: Vec<Linear> = sizes.windows(2).map(|s| Linear::new(s[0], s[1], &mut rng)).collect();

    // Forward: every layer's input xₖ and output zₖ are kept, still tracked.
    let (mut inputs, mut outputs) = (vec![x.tracked()], Vec::<Tensor>::new());
    for (k, layer) in layers.iter().enumerate() {
        outputs.push(layer.forward(&inputs[k], &mut Mode::eval()));
        if k + 1 < layers.len() {
            inputs.push(outputs[k].relu());
        }
    }
    let logits = outputs.last().expect("there is a layer");
    let loss = cross_entropy(logits, &labels);

    // Backward by the engine, all at once.
    let weights: Vec<Tensor> = layers.iter().map(|l| l.weight().value()).collect();
    let biases: Vec<Tensor> = layers.iter().filter_map(|l| l.bias()).map(Param::value).collect();
    let by_engine = |of: &Vec<Tensor>| Grad::of(&loss).wrt(of).run();
    let (gz, gx, gw, gb) = (by_engine(&outputs)?, by_engine(&inputs)?, by_engine(&weights)?, by_engine(&biases)?);

    // Backward by the formulas, from the loss down.
    let n = labels.len();
    let one_hot = Tensor::build(&[n, 10], |out| {
        out.fill(0.0);
        labels.as_slice().iter().enumerate().for_each(|(i, &c)| out[i * 10 + c as usize] = 1.0);
    });
    let mut down = (logits.softmax() - one_hot).detach() / n as f64;
    println!("layer   shape of W   ‖∇_z L‖   ‖∇_x L‖  ∇_z by hand  ∇_x = Wᵀ∇_z  ∇_W = ∇_z xᵀ  ∇_b = Σ ∇_z");
    let mut worst = 0.0_f64;
    for k in (0..layers.len()).rev() {
        let (w, x, z) = (weights[k].detach(), inputs[k].detach(), outputs[k].detach());
        if k + 1 < layers.len() {
            down = down * z.step();
        }
        let through = down.matmul(&w);
        let errors = [
            apart(&down, &gz[k]),
            apart(&through, &gx[k]),
            apart(&down.t().matmul(&x), &gw[k]),
            apart(&down.sum_axes(&[0], false), &gb[k]),
        ];
        let cells: String = errors.iter().map(|e| format!("{e:>13.1e}")).collect();
        let shape = format!("{:?}", w.shape());
        println!("{k:>5}  {shape:>11}  {:>8.2e}  {:>8.2e}{cells}", norm(&gz[k]), norm(&gx[k]));
        worst = errors.into_iter().fold(worst, f64::max);
        down = through;
    }

    // dL = Σ ∇_z L ⊙ dz: a small change of the logits, pushed forward.
    let dz = logits.detach().sin();
    let (_, forward) = jvp(|z: &Tensor| cross_entropy(z, &labels), &logits.detach(), &dz);
    let backward = (&gz[layers.len() - 1] * &dz).sum().item();
    println!("dL = Σ ∇_z L ⊙ dz: {backward:.6} backward, {:.6} forward", forward.item());
    println!("largest relative difference: {worst:.1e}");
    let numbers =
        serde_json::json!({ "largest_difference": worst, "dl_forward": forward.item(), "dl_backward": backward });
    f.json.as_deref().map_or(Ok(()), |path| write_json(path, &numbers))?;
    Ok(())
}

fn main() -> ExitCode {
    finish(run())
}
