//! `cargo xtask fmt`: rustfmt over every Rust file. `cargo fmt` follows `mod` lines, and those of the ops' rooms are
//! written by a macro, so it never sees them.

use std::fs;

use clap::Args;

use crate::run::{Outcome, program, root};
use crate::tree::Tree;

/// Flags of `cargo xtask fmt`.
#[derive(Args)]
pub(crate) struct Fmt {
    /// Change nothing; fail where something would change.
    #[arg(long)]
    check: bool,
}

impl Fmt {
    /// Formats, or checks.
    pub(crate) fn run(&self) -> Outcome {
        all(self.check)
    }
}

/// Every Rust file of the tree.
pub(crate) fn all(check: bool) -> Outcome {
    let tree = Tree::read()?;
    files(&tree.rust().map(|f| f.path.as_str()).collect::<Vec<_>>(), check)
}

/// These files, under the workspace's edition and `rustfmt.toml`.
pub(crate) fn files(paths: &[&str], check: bool) -> Outcome {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).map_err(|e| format!("Cargo.toml: {e}"))?;
    let edition = edition(&manifest).ok_or("Cargo.toml: no `edition = \"…\"` in [workspace.package]")?;
    // In pieces, since a command line has an end.
    for piece in paths.chunks(200) {
        let mut command = program("rustfmt");
        command.args(["--quiet", "--edition", edition]);
        if check {
            command.arg("--check");
        }
        let done = command.args(piece).status().map_err(|e| format!("rustfmt did not start: {e}"))?;
        if !done.success() {
            return Err("some files are not as rustfmt writes them; `cargo xtask fmt` formats them".to_owned());
        }
    }
    Ok(())
}

/// The edition that the workspace states.
fn edition(manifest: &str) -> Option<&str> {
    manifest.lines().find_map(|l| l.strip_prefix("edition = \"")?.strip_suffix('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edition_is_read_from_the_manifest() {
        assert_eq!(edition("[workspace.package]\nedition = \"2024\"\n"), Some("2024"));
        assert_eq!(edition("edition.workspace = true\n"), None);
    }
}
