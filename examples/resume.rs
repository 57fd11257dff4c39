//! Resume: a run that stops in the middle of an epoch and goes on later is, bit for bit, the run that never stopped.
//!
//! Minimises L(w), the mean cross-entropy of net(x) = W₂ h + b₂ with h = dropout(tanh(BN(W₁ x + b₁))), by AdamW along half a cosine,
//! and averages the weights, w̄ ← 0.98 w̄ + 0.02 w. All of it has a state: masks, running statistics, moments, schedule, averages, and
//! the place in batches that two threads prepare. The run is done straight, and again stopped after `--stop-at` steps, the objects
//! thrown away, and new ones filled from the checkpoint.
//!
//! ```text
//! $ cargo run --release --example resume
//! straight: 276 steps, 12 epochs: test accuracy 98.33%
//! first part: stopped after step 101, 4 epochs done, saved as runs/resume/stopped/00000101.state
//! second part, on 1 thread(s): 276 steps, 12 epochs: test accuracy 98.33%
//! weights and running statistics: equal bit for bit
//! averages of the weights:        equal bit for bit
//! history of losses and scores:   equal bit for bit
//! ```
//!
//! `--live` trains in `--out` with checkpoints. Press Ctrl-C: it finishes the step, saves and says where. The same command goes on.
use clap::Parser;
use gradus::data::{Classification, Loader, Standardizer};
use gradus::nn::{Activation, BatchNorm, Dropout, Linear, Sequential, cross_entropy, to_bytes};
use gradus::optim::{AdamW, Average, Objective, schedule::cosine};
use gradus::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::train::{Checkpoints, Record, Scores, Stop, Trainer, metric::Accuracy};
use gradus_examples::{finish, flags, prepare_file, refuse, write_json};
use std::ops::ControlFlow::{Break, Continue};
use std::{path::Path, path::PathBuf, process::ExitCode};

/// Stop a run, go on with it, and compare with one that never stopped.
#[derive(Parser, Debug)]
struct Flags {
    #[arg(long, default_value_t = 12, help = "Times through the training data")]
    epochs: u64,
    #[arg(long, default_value_t = 101, help = "The step after which the second run stops")]
    stop_at: u64,
    #[arg(long, default_value_t = 1, help = "Threads of the run that goes on; results do not depend on it")]
    threads_then: usize,
    #[arg(long, default_value_t = 0, help = "Seed of split, weights, order and masks")]
    seed: u64,
    #[arg(long, help = "One run with checkpoints, for Ctrl-C; the same command goes on with it")]
    live: bool,
    #[arg(long, default_value = "runs/resume", help = "Folder for checkpoints")]
    out: PathBuf,
    #[arg(long, help = "File for the final numbers")]
    json: Option<PathBuf>,
}

/// What a run leaves behind: weights and running statistics, averages, and the history without its seconds.
#[derive(PartialEq)]
struct Left {
    weights: Vec<u8>,
    averages: Vec<u8>,
    history: Vec<Record>,
}

/// Trains in a folder, from its newest checkpoint if it has one, until `stop`. Everything is made anew, as a new process would.
fn train(f: &Flags, dir: &Path, stop: u64) -> Result<Left, Box<dyn std::error::Error>> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(f.seed);
    let (train, test) = gradus::data::digits().split(0.8, &mut rng);
    let units = Standardizer::fit(&train.x)?;
    let ready = |part: Classification| part.map_x(|x| units.transform(&x));
    let (train, test) = (ready(train), ready(test));
    let hidden = Sequential::new().then(Linear::new(64, 64, &mut rng)).then(BatchNorm::new(64));
    let mut net = hidden.then(Activation::tanh()).then(Dropout::new(0.2)).then(Linear::new(64, 10, &mut rng));
    let mut batches = Loader::new(train, 64, &mut rng).workers(2);
    let adam = AdamW::new(5e-3).schedule(cosine(f.epochs * batches.pieces().len() as u64));
    let mut trainer = Trainer::new(Objective::supervised(Sequential::forward, cross_entropy), adam)
        .epochs(f.epochs)
        .validate(&test)
        .scores(Scores::new(Sequential::forward, cross_entropy).with(Accuracy::new()))
        .average(Average::exponential(0.98))
        .checkpoint(Checkpoints::new(dir))
        .resume(true)
        .on_step(|at| if at.step == stop { Break(()) } else { Continue(()) });
    let report = trainer.fit_loader(&mut net, &mut batches, &mut rng)?;
    let averages = match trainer.averages() {
        Some(averages) => to_bytes(&averages.averaged(&net)?)?,
        None => Vec::new(),
    };
    let (steps, epochs) = (report.steps(), report.history().records().len());
    match (report.stop(), report.saved()) {
        (Stop::Callback | Stop::Interrupted, Some(path)) => {
            println!("stopped after step {steps}, {epochs} epochs done, saved as {}", path.display());
        }
        _ => {
            let accuracy = report.last_validation("accuracy").unwrap_or(f64::NAN);
            println!("{steps} steps, {epochs} epochs: test accuracy {:.2}%", accuracy * 100.0);
        }
    }
    let history = report.history().records().iter().map(|r| Record { seconds: 0.0, ..r.clone() }).collect();
    Ok(Left { weights: to_bytes(&net)?, averages, history })
}

/// A folder of `out` without the files of an earlier comparison.
fn fresh(out: &Path, name: &str) -> std::io::Result<PathBuf> {
    let dir = out.join(name);
    if dir.exists() {
        std::fs::remove_dir_all(&dir)?;
    }
    Ok(dir)
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let f: Flags = flags();
    refuse(f.epochs == 0 || f.stop_at == 0, "--epochs and --stop-at must be at least 1")?;
    refuse(f.threads_then == 0, "--threads-then must be at least 1")?;
    f.json.as_deref().map_or(Ok(()), prepare_file)?;
    if f.live {
        train(&f, &f.out.join("live"), u64::MAX)?;
        return Ok(());
    }
    print!("straight: ");
    let straight = train(&f, &fresh(&f.out, "straight")?, u64::MAX)?;
    let dir = fresh(&f.out, "stopped")?;
    print!("first part: ");
    train(&f, &dir, f.stop_at)?;
    gradus::kernels::threads::set_threads(f.threads_then);
    print!("second part, on {} thread(s): ", f.threads_then);
    let resumed = train(&f, &dir, u64::MAX)?;
    let says = |equal| if equal { "equal bit for bit" } else { "DIFFERENT" };
    println!("weights and running statistics: {}", says(resumed.weights == straight.weights));
    println!("averages of the weights:        {}", says(resumed.averages == straight.averages));
    println!("history of losses and scores:   {}", says(resumed.history == straight.history));
    let accuracy = straight.history.last().and_then(|r| r.validation("accuracy"));
    let numbers = serde_json::json!({
        "equal_bits": resumed == straight, "stopped_at": f.stop_at, "test_accuracy": accuracy,
        "steps": straight.history.last().map(|r| r.step),
    });
    f.json.as_deref().map_or(Ok(()), |path| write_json(path, &numbers))?;
    refuse(resumed != straight, "the resumed run is not the one that never stopped")?;
    Ok(())
}

fn main() -> ExitCode {
    finish(run())
}
