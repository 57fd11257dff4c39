//! Gate: every line of `docs/formulas.md` names an item, a test, a command and a picture that exist.
//!
//! A line is a row of a Markdown table with five cells: formula, public item (`gradus_nn::BatchNorm`), law's test
//! (`crates/gradus-nn/tests/it/norm.rs::moments`), command (`cargo run --release --example digits`), picture (a
//! link). Rows whose first cell is `formula` or a rule of dashes are the table's head.

use super::source::{code, has_word};
use crate::tree::Tree;

/// The page, and the folder from which its links are read.
const PAGE: (&str, &str) = ("docs/formulas.md", "docs");

pub(crate) fn gate(tree: &Tree) -> Vec<String> {
    let Some(page) = tree.file(PAGE.0) else { return vec![format!("{} is missing", PAGE.0)] };
    let mut findings = Vec::new();
    for (number, line) in page.text.lines().enumerate().filter(|(_, l)| l.starts_with('|')) {
        let cells = cells(line);
        if cells[0].eq_ignore_ascii_case("formula") || cells[0].starts_with("--") || cells[0].starts_with(":-") {
            continue;
        }
        let at = format!("{}:{}", PAGE.0, number + 1);
        let &[_, item, test, command, picture] = &cells[..] else {
            findings.push(format!("{at} has {} cells; five are formula, item, test, command, picture", cells.len()));
            continue;
        };
        let parts = [
            ("item", item, item_exists as Check),
            ("test", test, test_exists),
            ("command", command, command_exists),
            ("picture", picture, picture_exists),
        ];
        for (what, cell, exists) in parts {
            let cell = target(cell);
            if !exists(tree, cell) {
                findings.push(format!("{at}: there is no {what} `{cell}`"));
            }
        }
    }
    findings
}

type Check = fn(&Tree, &str) -> bool;

/// The cells of a row; a `|` inside backticks or after a backslash does not cut.
fn cells(line: &str) -> Vec<&str> {
    let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
    let (mut cells, mut start, mut ticked, mut escaped) = (Vec::new(), 0, false, false);
    for (i, c) in inner.char_indices() {
        match c {
            '`' => ticked = !ticked,
            '|' if !ticked && !escaped => {
                cells.push(inner[start..i].trim());
                start = i + 1;
            }
            _ => {}
        }
        escaped = c == '\\';
    }
    cells.push(inner[start..].trim());
    cells
}

/// What a cell points at: the address of its link, else the text between its backticks, else all of it.
fn target(cell: &str) -> &str {
    let between = |open: &str, close: char| {
        let rest = &cell[cell.find(open)? + open.len()..];
        Some(&rest[..rest.find(close)?])
    };
    between("](", ')').or_else(|| between("`", '`')).unwrap_or(cell)
}

/// `gradus_nn::norm::BatchNorm`: some source of the crate declares a public item of the last name.
fn item_exists(tree: &Tree, item: &str) -> bool {
    let item = item.trim_end_matches("()");
    let (Some(first), Some(last)) = (item.split("::").next(), item.rsplit("::").next()) else { return false };
    let folder = format!("crates/{}/src", first.replace('_', "-"));
    let kinds = ["struct", "enum", "trait", "fn", "type", "const", "mod", "macro_rules!", "macro"];
    item.contains("::")
        && tree.rust().filter(|f| f.under(&folder)).any(|f| {
            let code = code(&f.text);
            kinds.iter().any(|kind| has_word(&code, &format!("pub {kind} {last}")))
                || code.split("pub use ").skip(1).any(|l| has_word(l.split(';').next().unwrap_or(l), last))
        })
}

/// `crates/gradus-nn/tests/it/norm.rs::moments`: the file has that function, and the lines above it make it a test.
fn test_exists(tree: &Tree, test: &str) -> bool {
    let Some((path, name)) = test.split_once(".rs::") else { return false };
    let name = name.rsplit("::").next().unwrap_or(name);
    let Some(file) = tree.file(&format!("{path}.rs")) else { return false };
    let code = code(&file.text);
    let lines: Vec<&str> = code.lines().collect();
    let Some(at) = lines.iter().position(|l| has_word(l, &format!("fn {name}"))) else { return false };
    let attributes = lines[..at].iter().rev().map(|l| l.trim()).take_while(|l| l.is_empty() || l.starts_with("#["));
    attributes.into_iter().any(|l| l == "#[test]")
}

/// `cargo run … --example NAME …` names an example that stands there, `cargo test -p CRATE --test it NAME` a test of that crate;
/// `cargo xtask …` and `cargo test --workspace` are ours.
pub(super) fn command_exists(tree: &Tree, command: &str) -> bool {
    let words: Vec<&str> = command.split_whitespace().collect();
    if let Some(name) = words.iter().position(|w| *w == "--example").and_then(|i| words.get(i + 1)) {
        return tree.has(&format!("examples/{name}.rs")) || tree.has(&format!("examples/{name}/main.rs"));
    }
    match words[..] {
        ["cargo", "test", "-p", package, "--test", "it", name] => {
            let folder = format!("crates/{package}/tests/it");
            tree.rust().any(|f| f.under(&folder) && test_exists(tree, &format!("{}::{name}", f.path)))
        }
        ["cargo", "xtask", ..] | ["cargo", "test", "--workspace"] => true,
        _ => false,
    }
}

fn picture_exists(tree: &Tree, picture: &str) -> bool {
    tree.has(&format!("{}/{picture}", PAGE.1)) || tree.has(picture.trim_start_matches("../"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "| formula | item | test | command | picture |\n|---|---|---|---|---|\n";
    const ROW: &str = "| `|x|` | `gradus_a::Abs` | `crates/gradus-a/tests/it/abs.rs::even` | `cargo run --example abs` \
                       | [see](abs.svg) |";

    fn found(row: &str) -> Vec<String> {
        let page = format!("{HEAD}{row}\n");
        gate(&Tree::of(&[
            ("docs/formulas.md", page.as_str()),
            ("docs/abs.svg", "<svg/>"),
            ("crates/gradus-a/src/abs.rs", "pub struct Abs;"),
            ("crates/gradus-a/tests/it/abs.rs", "#[test]\n// why\nfn even() {}\n\nfn near() {}"),
            ("examples/abs.rs", "fn main() {}"),
        ]))
    }

    #[test]
    fn a_true_line_passes_and_each_false_cell_is_found() {
        assert_eq!(found(ROW), [] as [String; 0]);
        for (right, wrong) in [
            ("::Abs", "::Ab"),
            ("::even", "::odd"),
            ("::even", "::near"),
            ("--example abs", "--example cube"),
            ("abs.svg)", "x.svg)"),
        ] {
            assert_eq!(found(&ROW.replace(right, wrong)).len(), 1, "{wrong}");
        }
        let tested = |name: &str| {
            found(&ROW.replace("cargo run --example abs", &format!("cargo test -p gradus-a --test it {name}")))
        };
        assert_eq!((tested("even").len(), tested("near").len()), (0, 1));
        assert_eq!(found("| a | b |").len(), 1);
        assert_eq!(gate(&Tree::of(&[])).len(), 1);
    }
}
