//! Chores of the workspace, one verb a file: `cargo xtask --help`.

mod bench;
mod ci;
mod doctor;
mod format;
mod gradcheck;
mod new;
mod release;
mod run;
mod sanitize;
mod tidy;
mod tree;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Chores of the gradus workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Chores {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Check the promises of the house: arrows, openings, sizes, rooms, words.
    Tidy,
    /// Format every Rust file, those included that `cargo fmt` does not find.
    Fmt(format::Fmt),
    /// Everything that has to pass before a change lands: what `.ci/run` calls.
    Ci(ci::Ci),
    /// The speed of gradus: alone, against peers, sizes and its past.
    Bench(bench::Bench),
    /// The table of every op's derivatives, orders 1 to 3 in all nestings.
    Gradcheck(gradcheck::Gradcheck),
    /// One row of that table.
    CheckOp(gradcheck::CheckOp),
    /// Write a new room, its line in the door and a case that fails.
    New(new::New),
    /// Say what this machine lacks for the optional chores.
    Doctor,
    /// Bump, check and pack every crate, and send nothing.
    Release(release::Release),
    /// The tests of the kernels under AddressSanitizer.
    Sanitize,
}

fn main() -> ExitCode {
    let result = match Chores::parse().verb {
        Verb::Tidy => tidy::tidy(),
        Verb::Fmt(fmt) => fmt.run(),
        Verb::Ci(ci) => ci.run(),
        Verb::Bench(bench) => bench.run(),
        Verb::Gradcheck(gradcheck) => gradcheck.run(),
        Verb::CheckOp(check) => check.run(),
        Verb::New(new) => new.run(),
        Verb::Doctor => doctor::doctor(),
        Verb::Release(release) => release.run(),
        Verb::Sanitize => sanitize::sanitize(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
