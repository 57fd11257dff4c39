//! Gate: every crate has a README that says what it is and shows code, and the house has its papers.

use crate::tree::Tree;

/// Papers at the root.
const PAPERS: [&str; 7] =
    ["README.md", "ARCHITECTURE.md", "DESIGN.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"];

pub(crate) fn gate(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for paper in PAPERS.iter().filter(|p| !tree.has(p)) {
        findings.push(format!("{paper} is missing at the root"));
    }
    for manifest in tree.files.iter().filter(|f| f.under("crates") && f.path.ends_with("/Cargo.toml")) {
        let path = manifest.path.replace("Cargo.toml", "README.md");
        match tree.file(&path) {
            None => findings.push(format!("{path} is missing")),
            Some(readme) if !readme.text.contains("```rust") => {
                findings.push(format!("{path} shows no Rust: add a short runnable example"));
            }
            Some(_) => {}
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_paper_or_readme_and_one_without_code_are_found() {
        let mut files: Vec<(&str, &str)> = PAPERS.iter().map(|p| (*p, "")).collect();
        files.push(("crates/gradus-a/Cargo.toml", ""));
        files.push(("crates/gradus-a/README.md", "# a\n```rust\n1;\n```\n"));
        assert!(gate(&Tree::of(&files)).is_empty());
        assert_eq!(gate(&Tree::of(&files[..files.len() - 1])).len(), 1);
        assert_eq!(gate(&Tree::of(&files[1..])).len(), 1);
        files.pop();
        files.push(("crates/gradus-a/README.md", "# a\n"));
        assert_eq!(gate(&Tree::of(&files)).len(), 1);
    }
}
