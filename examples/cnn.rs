//! A convolutional network learns to read handwritten digits of 28x28 pixels.
//!
//! Minimises L(w), the mean cross-entropy of net(x), by AdamW along half a cosine. Two blocks h ← pool(relu(BN(w ∗ h))) with
//! (w ∗ h)[o, p] = Σ_{c, t} w[o, c, t] h[c, p + t − 1], 3x3 kernels and windows of 2x2, then two linear layers.
//!
//! ```text
//! $ cargo run --release --example cnn -- --data mnist
//! test accuracy 98.80% of 2000 images after 12 epochs on 8000
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
use gradus::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::train::{Scores, Trainer, metric::Accuracy};
use gradus_examples::{finish, flags, prepare_file, refuse, write_json};
use std::{path::PathBuf, process::ExitCode, time::Instant};

/// Train a convolutional network on images of handwritten digits.
#[derive(Parser, Debug)]
struct Flags {
    #[arg(long, help = "Folder with t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, gzipped or not")]
    data: PathBuf,
    #[arg(long, default_value_t = 12, help = "Times through the training data")]
    epochs: u64,
    #[arg(long, default_value_t = 64, help = "Samples a batch")]
    batch: usize,
    #[arg(long, default_value_t = 0, help = "The seed")]
    seed: u64,
    #[arg(long, default_value_t = 0.3, help = "Probability of dropping a unit of the hidden layer, in [0, 1)")]
    dropout: f64,
    #[arg(long, help = "Threads [default: all]; results do not depend on it")]
    threads: Option<usize>,
    #[arg(long, help = "File for the final numbers")]
    json: Option<PathBuf>,
}

/// Two blocks of convolution, batch norm, ReLU and pooling; two linear layers.
fn net(dropout: f64, rng: &mut Xoshiro256PlusPlus) -> Sequential {
    let mut net = Sequential::new();
    for (n_in, n_out) in [(1, 32), (32, 64)] {
        let conv = Conv2d::builder(n_in, n_out, [3, 3]).padding([1, 1]).bias(false).init(he_normal()).build(rng);
        net = net.then(conv).then(BatchNorm::new(n_out)).then(Activation::relu()).then(MaxPool::new([2, 2]));
    }
    net.then(Func::flatten())
        .then(Linear::builder(3136, 128).init(he_normal()).build(rng))
        .then(Activation::relu())
        .then(Dropout::new(dropout))
        .then(Linear::new(128, 10, rng))
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let f: Flags = flags();
    refuse(f.batch < 2 || f.epochs == 0, "--batch must be at least 2 and --epochs at least 1")?;
    refuse(f.threads == Some(0), "--threads must be at least 1")?;
    refuse(!(0.0..1.0).contains(&f.dropout), "--dropout must lie in [0, 1)")?;
    f.json.as_deref().map_or(Ok(()), prepare_file)?;
    if let Some(n) = f.threads {
        gradus::kernels::threads::set_threads(n);
    }
    let rng = &mut Xoshiro256PlusPlus::seed_from_u64(f.seed);
    let all = mnist::read(&f.data, mnist::Part::Test)?;
    let (n, h, w) = all.x.dim();
    refuse((h, w) != (28, 28), "--data: the images must have 28x28 pixels")?;
    // Pixels in units of their spread over MNIST: mean 0.1307, standard deviation 0.3081.
    let pixels = all.x.iter().map(|&p| (f32::from(p) / 255.0 - 0.1307) / 0.3081).collect();
    let images = Array4::from_shape_vec((n, 1, h, w), pixels)?;
    let (train, test) = Supervised::new(images, all.y).split(0.8, rng);
    let mut net = net(f.dropout, rng);
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
    println!("test accuracy {:.2}% of {tested} images after {} epochs on {trained}", accuracy * 100.0, f.epochs);
    let numbers = serde_json::json!({ "test_accuracy": accuracy, "seconds": seconds, "epochs": f.epochs });
    f.json.as_deref().map_or(Ok(()), |path| write_json(path, &numbers))?;
    Ok(())
}

fn main() -> ExitCode {
    finish(run())
}
