//! Gate: every Rust file opens with a `//!` sentence that says what it is for.

use crate::tree::Tree;

pub(crate) fn gate(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        let first = file.text.lines().next().unwrap_or_default();
        if !first.starts_with("//! ") {
            findings.push(format!("{} does not open with `//! …`: say in a sentence what the file is for", file.path));
        } else if first.split_whitespace().count() < 3 {
            findings.push(format!("{} opens with `{first}`: that is a title, not a sentence", file.path));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_passes_and_a_bare_or_titled_file_is_found() {
        assert!(gate(&Tree::of(&[("a.rs", "//! Says what it is for.\nfn a() {}\n"), ("a.md", "# a")])).is_empty());
        assert_eq!(gate(&Tree::of(&[("a.rs", "fn a() {}\n//! Too late.\n")])).len(), 1);
        assert_eq!(gate(&Tree::of(&[("a.rs", "//! gradus-a\n")])).len(), 1);
        assert_eq!(gate(&Tree::of(&[("a.rs", "")])).len(), 1);
    }
}
