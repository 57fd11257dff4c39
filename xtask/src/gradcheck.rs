//! `cargo xtask gradcheck` and `cargo xtask check-op NAME`: the table of every op's derivatives, or one row of it.

use std::path::PathBuf;

use clap::Args;

use crate::run::{Outcome, cargo, run};

/// Flags of `cargo xtask gradcheck`.
#[derive(Args)]
pub(crate) struct Gradcheck {
    /// Where to write ops, cases, checks by order, failures and the worst relative error.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// Flags of `cargo xtask check-op`.
#[derive(Args)]
pub(crate) struct CheckOp {
    /// The op's name or its room's.
    name: String,
}

const PROGRAM: &[&str] = &["run", "--quiet", "--package", "gradus-tensor", "--example", "gradcheck"];

impl Gradcheck {
    /// All rows, optimised.
    pub(crate) fn run(&self) -> Outcome {
        let mut command = cargo();
        command.args(PROGRAM).args(["--release", "--"]);
        if let Some(path) = &self.json {
            command.arg("--json").arg(std::path::absolute(path).map_err(|e| format!("{}: {e}", path.display()))?);
        }
        run(&mut command)
    }
}

impl CheckOp {
    /// One row, built in a profile of its own, whose incremental build takes seconds (the tests' takes half a minute).
    pub(crate) fn run(&self) -> Outcome {
        run(cargo().args(PROGRAM).args(["--profile", "check-op", "--", &self.name]))
    }
}
