//! The pictures of the guide in `docs/`, one a page: each draws the law of its page from a run of a second or so.
//!
//! Among them ρ^k ‖∇F(w₀)‖ beside ‖∇F(w_k)‖, E a' = a over k masks, (g²/2)^ℓ beside E h_ℓ² and N(y; m(x), v(x)) beside its
//! samples: measured values and what the formula says, in one chart. The functions bear the names of the pages.
//!
//! ```text
//! $ cargo run --release --example guide
//! docs/pictures/risk.svg
//! …
//! docs/pictures/gaussian_regression.svg
//! ```

mod descent;
mod regularise;
mod signals;
mod weights;

use clap::Parser;
use gradus::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::train::plot::Chart;
use gradus_examples::{finish, flags, prepare_folder};
use std::{path::PathBuf, process::ExitCode};

/// The pictures of the guide.
#[derive(Parser, Debug)]
struct Flags {
    #[arg(long, default_value = "docs/pictures", help = "Folder for the pictures")]
    out: PathBuf,
    #[arg(long, help = "Only the picture of this name")]
    only: Option<String>,
}

type Drawn = Result<Chart, Box<dyn std::error::Error>>;

/// The pages, in the guide's order.
const PICTURES: [(&str, fn() -> Drawn); 12] = [
    ("risk", descent::risk),
    ("descent", descent::descent),
    ("regularisation", regularise::regularisation),
    ("penalty_or_constraint", regularise::penalty_or_constraint),
    ("dropout", regularise::dropout),
    ("gradient_penalty", regularise::gradient_penalty),
    ("batch_norm", signals::batch_norm),
    ("initialisation", signals::initialisation),
    ("floats", signals::floats),
    ("orthogonality", weights::orthogonality),
    ("reparameterisation", weights::reparameterisation),
    ("gaussian_regression", weights::gaussian_regression),
];

/// A generator with a seed.
fn seeded(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

/// (0, f(0)), (1, f(1)), …, (n, f(n)).
fn points(n: usize, f: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
    (0..=n).map(|k| (k as f64, f(k as f64))).collect()
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let f: Flags = flags();
    prepare_folder(&f.out)?;
    let asked = |name: &str| f.only.as_ref().is_none_or(|only| only == name);
    for (name, draw) in PICTURES.iter().filter(|p| asked(p.0)) {
        let path = f.out.join(format!("{name}.svg"));
        std::fs::write(&path, draw()?.svg())?;
        println!("{}", path.display());
    }
    Ok(())
}

fn main() -> ExitCode {
    finish(run())
}
