//! What a user of the facade pays: the number of crates to compile, and the seconds of a clean build.

use std::collections::BTreeSet;
use std::time::Instant;

use crate::run::{Outcome, cargo, output, root, run};

/// Most crates that a build of `gradus` with default features may compile, ours counted in.
const CRATES: usize = 90;

/// Longest clean build on two cores, in seconds; reported, not enforced, since machines differ.
const SECONDS: u64 = 75;

/// Counts the crates and, when asked, times a release build from nothing.
pub(crate) fn report(time: bool) -> Outcome {
    let tree = output(cargo().args(["tree", "-p", "gradus", "-e", "normal,build", "--prefix", "none", "-f", "{p}"]))?;
    let count = crates(&tree);
    println!("gradus with default features compiles {count} crates (at most {CRATES})");
    if count > CRATES {
        return Err(format!("gradus compiles {count} crates, more than {CRATES}; look at `cargo tree -p gradus`"));
    }
    if time {
        let folder = root().join("target").join("clean-build");
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        }
        let start = Instant::now();
        run(cargo().args(["build", "--release", "--quiet", "-p", "gradus", "--target-dir"]).arg(&folder))?;
        println!("a clean release build took {:.0} s (goal {SECONDS} s on two cores)", start.elapsed().as_secs_f64());
    }
    Ok(())
}

/// The different packages in the lines of `cargo tree`.
fn crates(tree: &str) -> usize {
    let names = tree.lines().filter_map(|l| {
        let mut words = l.split_whitespace();
        Some((words.next()?, words.next()?))
    });
    names.collect::<BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_that_stands_twice_in_the_tree_counts_once() {
        assert_eq!(crates("gradus v0.1.0 (path)\nndarray v0.17.2\nndarray v0.17.2 (*)\nndarray v0.16.1\n"), 3);
    }
}
