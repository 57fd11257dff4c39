//! Gate: an example is a page of a textbook, at most 150 lines, and says in its header what it prints.

use crate::tree::Tree;

/// Longest example.
const LINES: usize = 150;

pub(crate) fn gate(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for file in tree.rust().filter(|f| f.under("examples")) {
        let lines = file.text.lines().count();
        if lines > LINES {
            findings.push(format!("{} has {lines} lines; a page has at most {LINES}", file.path));
        }
        if file.text.contains("fn main(") && !file.opening().contains("```text") {
            findings.push(format!("{} shows no expected output: add a ```text block to its header", file.path));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_page_and_a_page_without_output_are_found() {
        let page = "//! Shows a thing.\n//! ```text\n//! 1\n//! ```\nfn main() {}\n";
        assert!(gate(&Tree::of(&[("examples/a.rs", page)])).is_empty());
        let long = format!("{page}{}", "//\n".repeat(LINES));
        assert_eq!(gate(&Tree::of(&[("examples/a.rs", long.as_str())])).len(), 1);
        assert_eq!(gate(&Tree::of(&[("examples/a.rs", "//! Shows a thing.\nfn main() {}\n")])).len(), 1);
    }
}
