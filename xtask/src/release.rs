//! `cargo xtask release [VERSION]`: bumps, checks and packs every crate; publishing stays a person's word.

mod bump;
mod changelog;
mod matrix;
mod weight;

use clap::Args;

use crate::ci;
use crate::format;
use crate::run::{Outcome, answers, cargo, output, program, run};
use crate::tidy::{release_order, tidy};

/// Flags of `cargo xtask release`.
#[derive(Args)]
pub(crate) struct Release {
    /// The version to write into the manifests and the changelog; without it the present one is tried.
    version: Option<String>,
    /// Do not run the tests of each crate alone (the feature matrix is still checked).
    #[arg(long)]
    skip_tests: bool,
    /// Also time a clean build of `gradus` with default features.
    #[arg(long)]
    time: bool,
}

impl Release {
    /// Refuses a dirty tree, bumps, checks everything and makes the packages without sending them.
    pub(crate) fn run(&self) -> Outcome {
        clean_tree()?;
        let now = bump::current()?;
        let next = self.version.as_deref().unwrap_or(&now);
        if let Some(next) = &self.version {
            // The first release has the version that the manifests state already.
            if *next != now {
                bump::check(&now, next)?;
            }
            untagged(next)?;
            bump::write(&now, next)?;
            changelog::close(next)?;
        }
        self.steps(next).map_err(|e| if self.version.is_some() { format!("{e}\n{UNDO}") } else { e })
    }

    /// Every check, and the packages.
    fn steps(&self, next: &str) -> Outcome {
        changelog::check(next)?;
        let steps: [(&str, &dyn Fn() -> Outcome); 9] = [
            ("format", &|| format::all(true)),
            ("tidy", &tidy),
            ("docs", &ci::docs),
            ("oldest compiler", &oldest_compiler),
            ("feature matrix", &|| matrix::check(!self.skip_tests)),
            ("weight of the facade", &|| weight::report(self.time)),
            ("licences and bans", &deny),
            ("semantic versions", &semver),
            ("packages", &|| packages(self.version.is_some())),
        ];
        for (name, step) in steps {
            println!("\n== {name}");
            step()?;
        }
        println!("\nrelease {next} is ready: commit, tag `v{next}`, then `cargo publish --workspace`, in this order:");
        println!("  {}", release_order().join(", "));
        Ok(())
    }
}

/// What to say when a check fails behind the bump.
const UNDO: &str = "the new version stands in the manifests and the changelog; \
                    `git checkout Cargo.toml Cargo.lock CHANGELOG.md` takes it back";

/// A version is released once.
fn untagged(version: &str) -> Outcome {
    let tags = output(program("git").args(["tag", "--list", &format!("v{version}")]))?;
    if tags.is_empty() { Ok(()) } else { Err(format!("release: v{version} is tagged already; take a later version")) }
}

/// A release is made of what is committed.
fn clean_tree() -> Outcome {
    let status = output(program("git").args(["status", "--porcelain"]))?;
    if status.is_empty() {
        return Ok(());
    }
    let first: Vec<&str> = status.lines().take(5).collect();
    Err(format!("release: the tree is dirty; commit or stash first:\n{}", first.join("\n")))
}

/// With one toolchain at hand: no call to anything younger than the stated `rust-version`.
fn oldest_compiler() -> Outcome {
    run(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "clippy::incompatible_msrv"]))
}

/// cargo-deny, where it is installed; its advisories need a network and are left to CI.
fn deny() -> Outcome {
    if !answers(cargo().arg("deny")) {
        println!("cargo-deny is not installed: skipped (`cargo install cargo-deny`)");
        return Ok(());
    }
    run(cargo().args(["deny", "--all-features", "check", "bans", "licenses", "sources"]))
}

/// cargo-semver-checks against the last published version, where both exist.
fn semver() -> Outcome {
    if !answers(cargo().arg("semver-checks")) {
        println!("cargo-semver-checks is not installed: skipped (`cargo install cargo-semver-checks`)");
        return Ok(());
    }
    let tags = output(program("git").args(["tag", "--list", "v*", "--sort=-v:refname"]))?;
    let Some(last) = tags.lines().next() else {
        println!("no earlier release to compare with: skipped");
        return Ok(());
    };
    run(cargo().args(["semver-checks", "--workspace", "--baseline-rev", last]))
}

/// Packs and verifies all crates together, the ground first, and sends nothing.
fn packages(bumped: bool) -> Outcome {
    let mut command = cargo();
    command.args(["publish", "--dry-run"]);
    if bumped {
        command.arg("--allow-dirty");
    }
    for name in release_order() {
        command.args(["--package", name]);
    }
    run(&mut command)
}
