//! `cargo xtask bench`: the speed of gradus, alone, against its peers, against its sizes and against its past.

mod compare;
mod median;
mod peers;
mod picture;
mod program;
mod scale;
mod setup;
mod table;
mod targets;

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::run::{Outcome, cargo, root, run};

/// Flags of `cargo xtask bench`.
#[derive(Args)]
pub(crate) struct Bench {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// The criterion benches of the kernels and of the graph; what follows `--` goes to criterion.
    Micro {
        #[arg(last = true)]
        filter: Vec<String>,
    },
    /// The training-step workloads of gradus alone.
    Steps {
        #[arg(long, default_value_t = 1)]
        threads: usize,
        /// Where to write the list of workload, threads, us and loss5.
        #[arg(long)]
        json: Option<PathBuf>,
    },
    /// The workloads in turn with PyTorch, JAX, burn and candle.
    Peers(peers::Peers),
    /// Step time and peak memory against width, depth, length, batch and threads.
    Scale(scale::Scale),
    /// Our workloads against another revision of git, in turn.
    Compare(compare::Compare),
}

impl Bench {
    /// Runs the chosen bench.
    pub(crate) fn run(&self) -> Outcome {
        match &self.what {
            What::Micro { filter } => micro(filter),
            What::Steps { threads, json } => steps(*threads, json.as_deref()),
            What::Peers(peers) => peers.run(),
            What::Scale(scale) => scale.run(),
            What::Compare(compare) => compare.run(),
        }
    }
}

fn micro(filter: &[String]) -> Outcome {
    run(cargo().args(["bench", "--package", "gradus-benches", "--benches", "--"]).args(filter))
}

fn steps(threads: usize, json: Option<&Path>) -> Outcome {
    let mut command = cargo();
    command.args(["run", "--release", "--quiet", "--package", "gradus-benches", "--bin", "steps", "--"]);
    command.args(["--threads", &threads.to_string()]);
    if let Some(path) = json {
        command.arg("--json").arg(std::path::absolute(path).map_err(|e| format!("{}: {e}", path.display()))?);
    }
    run(&mut command)
}

/// Writes a result below the root and says so.
fn keep(folder: &Path, name: &str, text: &str) -> Outcome {
    save(folder, name, text)?;
    println!("wrote {}", folder.join(name).display());
    Ok(())
}

/// Writes a result below the root.
fn save(folder: &Path, name: &str, text: &str) -> Outcome {
    let folder = root().join(folder);
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let path = folder.join(name);
    fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))
}

/// The processor's name and the cores, since a time without its machine says nothing.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name =
        info.lines().find_map(|l| l.strip_prefix("model name")?.split_once(':').map(|(_, n)| n.trim().to_owned()));
    format!("{}, {cores} cores", name.unwrap_or_else(|| std::env::consts::ARCH.to_owned()))
}
