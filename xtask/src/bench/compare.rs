//! `cargo xtask bench compare BASE`: our workloads here and at another revision, in turn; slower by over 5 % fails.

use clap::Args;

use super::median::{median, median_ratio};
use super::program::{Program, ours};
use crate::run::{Outcome, output, program, root, run};

/// Flags of `cargo xtask bench compare`.
#[derive(Args)]
pub(crate) struct Compare {
    /// The revision to compare with, in any form that git knows.
    base: String,
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Which workloads; without it all that both revisions have.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Rounds, in each of which both run once.
    #[arg(long, default_value_t = 9)]
    reps: usize,
}

/// Largest median ratio of new time to old.
const LIMIT: f64 = 1.05;

impl Compare {
    /// Builds both, lets them take turns, prints a table and fails if a workload has become slower.
    pub(crate) fn run(&self) -> Outcome {
        // A target folder that both revisions share would overwrite the program that has just been built.
        if std::env::var_os("CARGO_TARGET_DIR").is_some() {
            return Err("bench compare: unset CARGO_TARGET_DIR, so that each revision has its own programs".to_owned());
        }
        let revision = output(program("git").args(["rev-parse", "--verify", &format!("{}^{{commit}}", self.base)]))?;
        let revision = revision.trim();
        let tree = root().join("target").join("compare");
        if tree.exists() {
            run(program("git").args(["worktree", "remove", "--force"]).arg(&tree))?;
        }
        run(program("git").args(["worktree", "add", "--detach", "--force"]).arg(&tree).arg(revision))?;
        let (new, old) = (ours(&root())?, ours(&tree)?);
        let mut slower = Vec::new();
        let mut here = Program::start("here", &new, self.threads)?;
        let mut base = Program::start(&self.base, &old, self.threads)?;
        let theirs = base.workloads()?;
        println!("| workload | {} us | here us | here / {0} |\n|---|---|---|---|", self.base);
        for workload in here.workloads()?.iter().filter(|w| theirs.contains(w)) {
            if !self.only.is_empty() && !self.only.contains(workload) {
                continue;
            }
            let (mut a, mut b) = (Vec::new(), Vec::new());
            for _ in 0..self.reps {
                a.push(base.time(workload)?);
                b.push(here.time(workload)?);
            }
            let ratio = median_ratio(&b, &a);
            println!("| {workload} | {:.1} | {:.1} | {ratio:.3} |", median(&a), median(&b));
            if ratio > LIMIT {
                slower.push(workload.clone());
            }
        }
        drop((here, base));
        run(program("git").args(["worktree", "remove", "--force"]).arg(&tree))?;
        if slower.is_empty() {
            return Ok(());
        }
        Err(format!("bench compare: slower than {} by over 5 %: {}", self.base, slower.join(", ")))
    }
}
