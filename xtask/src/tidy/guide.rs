//! Gate: every page of the guide has its formula, its code as a test, its picture, its limits and a command that exists.
//!
//! The pages are those that `docs/README.md` numbers; `crates/gradus/src/guide.rs` includes them, so that their code runs.

use super::formulas::command_exists;
use crate::tree::{File, Tree};

const INDEX: &str = "docs/README.md";
const TESTED: &str = "crates/gradus/src/guide.rs";

pub(crate) fn gate(tree: &Tree) -> Vec<String> {
    let Some(index) = tree.file(INDEX) else { return vec![format!("{INDEX} is missing")] };
    let included = tree.file(TESTED).map_or("", |f| f.text.as_str());
    let mut findings = Vec::new();
    for name in pages(&index.text) {
        let path = format!("docs/{name}");
        let Some(page) = tree.file(&path) else {
            findings.push(format!("{INDEX} links to {path}, which is missing"));
            continue;
        };
        if !included.contains(&format!("docs/{name}\"")) {
            findings.push(format!("{TESTED} does not include {path}, so its code is never run"));
        }
        findings.extend(lacks(tree, page).into_iter().map(|what| format!("{path}: {what}")));
    }
    findings
}

/// The links of the numbered lines.
fn pages(index: &str) -> impl Iterator<Item = &str> {
    let numbered = index.lines().filter(|l| l.starts_with(|c: char| c.is_ascii_digit()));
    numbered.filter_map(|l| Some(l.split_once("](")?.1.split_once(')')?.0))
}

fn lacks(tree: &Tree, page: &File) -> Vec<String> {
    let has = |start: &str| page.text.lines().any(|l| l.starts_with(start));
    let mut found = Vec::new();
    for (start, what) in [
        ("> ", "no formula: quote it with its source, `> …`"),
        ("```rust", "no code"),
        ("![", "no picture: `cargo run --release --example guide` draws them"),
        ("## Limits", "no `## Limits`: say what the formula assumes"),
    ] {
        if !has(start) {
            found.push(what.to_owned());
        }
    }
    let commands: Vec<&str> = page.text.split('`').filter(|s| s.starts_with("cargo run")).collect();
    if commands.is_empty() {
        found.push("no command to try it".to_owned());
    }
    found.extend(
        commands.iter().filter(|c| !command_exists(tree, c)).map(|c| format!("`{c}` runs nothing that exists")),
    );
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str =
        "# A\n\n> y = x\n\n```rust\n1;\n```\n\n![a](a.svg)\n\n## Limits\n\n- None.\n\nTry `cargo run --example a`.\n";

    fn found(page: &str, tested: &str) -> usize {
        gate(&Tree::of(&[
            (INDEX, "# Guide\n\n1. [A](a.md): y = x\n"),
            ("docs/a.md", page),
            (TESTED, tested),
            ("examples/a.rs", ""),
        ]))
        .len()
    }

    #[test]
    fn a_whole_page_passes_and_each_missing_part_is_found() {
        let tested = "#[doc = include_str!(\"../../../docs/a.md\")]";
        assert_eq!(found(PAGE, tested), 0);
        for part in ["> y", "```rust", "![a]", "## Limits", "cargo run --example a"] {
            assert_eq!(found(&PAGE.replace(part, ""), tested), 1, "{part}");
        }
        assert_eq!(found(&PAGE.replace("example a", "example b"), tested), 1);
        assert_eq!(found(PAGE, ""), 1);
        assert_eq!(gate(&Tree::of(&[])).len(), 1);
    }
}
