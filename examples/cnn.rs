//! A convolutional network learns to read handwritten digits of 28x28 pixels.
//!
//! Minimises L(w), the mean cross-entropy of net(x), by AdamW along half a cosine. Two blocks h ← pool(relu(BN(w ∗ h))) with
//! (w ∗ h)[o, p] = Σ_{c, t} w[o, c, t] h[c, p + t − 1], 3x3 kernels and windows of 2x2, then two linear layers. In every step each image
//! is turned, scaled and moved a little, x'(q) = x(R(q − c − t)/s + c): what a digit means does not depend on it. How far, and for how many
//! epochs, was chosen by `--validate`, which judges on a fifth of the training part and does not look at the test part.
//!
//! ```text
//! $ cargo run --release --example cnn -- --data mnist
//! test accuracy 98.95% of 2000 images after 24 epochs on 8000
//! ```
use clap::Parser;
use gradus::data::{Supervised, mnist};
use gradus::init::he_normal;
use gradus::ndarray::Array4;
use gradus::nn::{Activation, BatchNorm, Conv2d, Dropout, Func, Linear, MaxPool, Sequential, cross_entropy};
use gradus::optim::{
    AdamW, Objective,
    schedule::{Schedule, cosine},
};
use gradus::rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::tensor::{Mode, Tensor};
use gradus::train::{Scores, Trainer, metric::Accuracy};
use gradus_examples::{finish, flags, prepare_file, refuse, write_json};
use std::{path::PathBuf, process::ExitCode, time::Instant};

/// A pixel of 0 in the units of the net: pixels in units of their spread over MNIST, mean 0.1307, standard deviation 0.3081.
const BACKGROUND: f32 = -0.1307 / 0.3081;

/// Train a convolutional network on images of handwritten digits.
#[derive(Parser, Debug)]
struct Flags {
    #[arg(long, help = "Folder with t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, gzipped or not")]
    data: PathBuf,
    #[arg(long, default_value_t = 24, help = "Times through the training data")]
    epochs: u64,
    #[arg(long, default_value_t = 64, help = "Samples a batch")]
    batch: usize,
    #[arg(long, default_value_t = 0, help = "The seed")]
    seed: u64,
    #[arg(long, default_value_t = 0.3, help = "Probability of dropping a unit of the hidden layer, in [0, 1)")]
    dropout: f64,
    #[arg(long, default_value_t = 2.0, help = "Images in training are moved by up to so many pixels each way")]
    shift: f32,
    #[arg(long, default_value_t = 10.0, help = "… turned by up to so many degrees")]
    turn: f32,
    #[arg(long, default_value_t = 0.1, help = "… and scaled by 1 ± up to this, in [0, 1)")]
    scale: f32,
    #[arg(long, help = "Hold a fifth of the training part out and judge on it, not on the test part")]
    validate: bool,
    #[arg(long, help = "Threads [default: all]; results do not depend on it")]
    threads: Option<usize>,
    #[arg(long, help = "File for the final numbers")]
    json: Option<PathBuf>,
}

/// In training, every image turned, scaled and moved at random, anew in every step, by bilinear interpolation.
fn distorted(x: &Tensor, (shift, turn, scale): (f32, f32, f32), mode: &mut Mode) -> Tensor {
    if !mode.dropout {
        return x.clone();
    }
    let rng = &mut Xoshiro256PlusPlus::seed_from_u64(mode.next_key()[0]);
    let (all, h, w) = (x.to_vec(), x.shape()[2], x.shape()[3]);
    let centre = [(h - 1) as f32 / 2.0, (w - 1) as f32 / 2.0];
    let mut image = |from: &[f32], to: &mut [f32]| {
        let [a, s, down, right] =
            [turn.to_radians(), scale, shift, shift].map(|most| most * rng.random_range(-1.0..=1.0));
        let [sin, cos] = [a.sin() / (1.0 + s), a.cos() / (1.0 + s)];
        let at = |r: f32, c: f32| {
            let inside = (0.0..h as f32).contains(&r) && (0.0..w as f32).contains(&c);
            if inside { from[r as usize * w + c as usize] } else { BACKGROUND }
        };
        for (i, to) in to.iter_mut().enumerate() {
            let [y, x] = [(i / w) as f32 - centre[0] - down, (i % w) as f32 - centre[1] - right];
            let [y, x] = [cos * y - sin * x + centre[0], sin * y + cos * x + centre[1]];
            let [r, c] = [y.floor(), x.floor()];
            let row = |r: f32| at(r, c) + (x - c) * (at(r, c + 1.0) - at(r, c));
            *to = row(r) + (y - r) * (row(r + 1.0) - row(r));
        }
    };
    Tensor::build(x.shape(), |to| {
        all.chunks_exact(h * w).zip(to.chunks_exact_mut(h * w)).for_each(|(from, to)| image(from, to));
    })
}

/// Two blocks of convolution, batch norm, ReLU and pooling; two linear layers.
fn net(f: &Flags, rng: &mut Xoshiro256PlusPlus) -> Sequential {
    let by = (f.shift, f.turn, f.scale);
    let mut net = Sequential::new().then(Func::new("distorted", move |x, mode| distorted(x, by, mode)));
    for (n_in, n_out) in [(1, 32), (32, 64)] {
        let conv = Conv2d::builder(n_in, n_out, [3, 3]).padding([1, 1]).bias(false).init(he_normal()).build(rng);
        net = net.then(conv).then(BatchNorm::new(n_out)).then(Activation::relu()).then(MaxPool::new([2, 2]));
    }
    net.then(Func::flatten())
        .then(Linear::builder(3136, 128).init(he_normal()).build(rng))
        .then(Activation::relu())
        .then(Dropout::new(f.dropout))
        .then(Linear::new(128, 10, rng))
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let f: Flags = flags();
    refuse(f.batch < 2 || f.epochs == 0, "--batch must be at least 2 and --epochs at least 1")?;
    refuse(f.threads == Some(0), "--threads must be at least 1")?;
    refuse(!(0.0..1.0).contains(&f.dropout), "--dropout must lie in [0, 1)")?;
    let distortion = [(f.shift, 28.0), (f.turn, 360.0), (f.scale, 1.0)];
    let in_range = distortion.iter().all(|(by, below)| (0.0..*below).contains(by));
    refuse(!in_range, "--shift must lie in [0, 28), --turn in [0, 360), --scale in [0, 1)")?;
    f.json.as_deref().map_or(Ok(()), prepare_file)?;
    if let Some(n) = f.threads {
        gradus::kernels::threads::set_threads(n);
    }
    let rng = &mut Xoshiro256PlusPlus::seed_from_u64(f.seed);
    let all = mnist::read(&f.data, mnist::Part::Test)?;
    let (n, h, w) = all.x.dim();
    refuse((h, w) != (28, 28), "--data: the images must have 28x28 pixels")?;
    let pixels = all.x.iter().map(|&p| f32::from(p) / 255.0 / 0.3081 + BACKGROUND).collect();
    let images = Array4::from_shape_vec((n, 1, h, w), pixels)?;
    let (train, test) = Supervised::new(images, all.y).split(0.8, rng);
    let (train, test) = if f.validate { train.split(0.8, rng) } else { (train, test) };
    let mut net = net(&f, rng);
    let clock = Instant::now();
    let adam = AdamW::new(2e-3).weight_decay(0.01).schedule(cosine(f.epochs).by_epoch());
    let report = Trainer::new(Objective::supervised(Sequential::forward, cross_entropy), adam)
        .epochs(f.epochs)
        .batch_size(f.batch)
        .validate(&test)
        .scores(Scores::new(Sequential::forward, cross_entropy).with(Accuracy::new()))
        .fit(&mut net, &train, rng)?;
    let (accuracy, seconds) = (report.last_validation("accuracy").unwrap_or(f64::NAN), clock.elapsed().as_secs_f64());
    let (tested, trained) = (test.len(), train.len());
    let part = if f.validate { "validation" } else { "test" };
    println!("{part} accuracy {:.2}% of {tested} images after {} epochs on {trained}", accuracy * 100.0, f.epochs);
    let numbers = serde_json::json!({ (format!("{part}_accuracy")): accuracy, "seconds": seconds, "epochs": f.epochs });
    f.json.as_deref().map_or(Ok(()), |path| write_json(path, &numbers))?;
    Ok(())
}

fn main() -> ExitCode {
    finish(run())
}
