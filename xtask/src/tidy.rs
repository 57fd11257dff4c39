//! `cargo xtask tidy`: promises about the house that a machine can keep, one gate a file.
//!
//! A gate reads the [`Tree`] and returns what it found, one line a finding: who, what, and the way out. Every gate is
//! shown to fail once, on a small made-up tree, in the tests of its own file.

mod arrows;
mod examples;
mod floors;
mod formulas;
mod guide;
mod links;
mod names;
mod openings;
mod readmes;
mod rooms;
mod sizes;
mod source;
mod unsafe_code;
mod words;

pub(crate) use floors::release_order;

use crate::run::Outcome;
use crate::tree::Tree;

/// A gate: its name and the function that returns the findings.
type Gate = (&'static str, fn(&Tree) -> Vec<String>);

const GATES: &[Gate] = &[
    ("arrows", arrows::gate),
    ("openings", openings::gate),
    ("sizes", sizes::gate),
    ("names", names::gate),
    ("rooms", rooms::gate),
    ("unsafe", unsafe_code::gate),
    ("examples", examples::gate),
    ("words", words::gate),
    ("readmes", readmes::gate),
    ("formulas", formulas::gate),
    ("guide", guide::gate),
    ("links", links::gate),
];

/// Runs every gate over the workspace.
pub(crate) fn tidy() -> Outcome {
    let tree = Tree::read()?;
    let mut found = 0;
    for (name, gate) in GATES {
        for finding in gate(&tree) {
            println!("tidy: {name}: {finding}");
            found += 1;
        }
    }
    if found > 0 {
        return Err(format!("tidy: {found} finding(s)"));
    }
    println!("tidy: {} gates, {} files, nothing found", GATES.len(), tree.files.len());
    Ok(())
}
