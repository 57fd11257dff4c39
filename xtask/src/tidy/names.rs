//! Gate: a file is named after what it holds; drawers for odds and ends are not rooms.

use crate::tree::Tree;

/// Names that say nothing about the content.
const DRAWERS: [&str; 8] = ["utils", "util", "helpers", "helper", "common", "misc", "manager", "stuff"];

pub(crate) fn gate(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        let parts = file.path.trim_end_matches(".rs").split('/');
        if let Some(drawer) = parts.into_iter().find(|part| DRAWERS.contains(part)) {
            findings.push(format!("{} is a drawer (`{drawer}`): name it after what it holds", file.path));
        }
        let glob = |line: &&str| line.trim_start().starts_with("use gradus") && line.trim_end().ends_with("::*;");
        for line in file.text.lines().filter(glob).filter(|l| !l.contains("prelude")) {
            findings.push(format!(
                "{}: `{}` imports a crate of ours by glob; name what is used",
                file.path,
                line.trim()
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawer_is_found_as_file_and_as_folder() {
        assert!(gate(&Tree::of(&[("crates/a/src/commonmark.rs", "")])).is_empty());
        assert_eq!(gate(&Tree::of(&[("crates/a/src/utils.rs", "")])).len(), 1);
        assert_eq!(gate(&Tree::of(&[("crates/a/tests/common/mod.rs", "")])).len(), 1);
    }

    #[test]
    fn a_glob_over_our_crates_is_found_and_the_prelude_passes() {
        assert!(gate(&Tree::of(&[("a.rs", "use gradus::prelude::*;\nuse super::*;\n")])).is_empty());
        assert_eq!(gate(&Tree::of(&[("a.rs", "use gradus_tensor::*;\n")])).len(), 1);
    }
}
