//! Gate: `unsafe` stands in gradus-kernels alone, and every other crate forbids it.

use super::source::{code, has_word};
use crate::tree::Tree;

/// The one crate that may.
const HOME: &str = "crates/gradus-kernels";

pub(crate) fn gate(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for file in tree.rust().filter(|f| !f.under(HOME)) {
        let code = code(&file.text);
        if has_word(&code, "unsafe") {
            findings.push(format!("{} uses `unsafe`; move the loop to {HOME} and call it", file.path));
        }
        if file.under("crates") && file.path.ends_with("/src/lib.rs") && !code.contains("#![forbid(unsafe_code)]") {
            findings.push(format!("{} lacks `#![forbid(unsafe_code)]`", file.path));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_outside_its_home_is_found() {
        let block = "fn f() { unsafe { g() } }";
        assert!(gate(&Tree::of(&[("crates/gradus-kernels/src/a.rs", block)])).is_empty());
        assert!(gate(&Tree::of(&[("crates/gradus-nn/src/a.rs", "// unsafe is elsewhere")])).is_empty());
        assert_eq!(gate(&Tree::of(&[("crates/gradus-nn/src/a.rs", block)])).len(), 1);
        assert_eq!(gate(&Tree::of(&[("examples/a.rs", block)])).len(), 1);
    }

    #[test]
    fn a_crate_that_does_not_forbid_it_is_found() {
        assert!(gate(&Tree::of(&[("crates/gradus-nn/src/lib.rs", "#![forbid(unsafe_code)]")])).is_empty());
        assert_eq!(gate(&Tree::of(&[("crates/gradus-nn/src/lib.rs", "// #![forbid(unsafe_code)]")])).len(), 1);
    }
}
