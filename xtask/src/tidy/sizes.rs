//! Gate: a file is a room of at most 400 lines, unless its opening says why; the heart of the engine stays small.

use crate::tree::Tree;

/// Longest file without a reason.
const LINES: usize = 400;

/// What the opening of a longer file has to contain.
const REASON: &str = "Long because";

/// Node, trace and backward: the engine that one person can hold in the head, in lines of code
/// of all three together, comments and blank lines not counted.
const HEART: (&[&str], usize) = (
    &["crates/gradus-tensor/src/node.rs", "crates/gradus-tensor/src/trace.rs", "crates/gradus-tensor/src/backward.rs"],
    600,
);

pub(crate) fn gate(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        let lines = file.text.lines().count();
        if lines > LINES && !file.opening().contains(REASON) {
            let path = &file.path;
            findings.push(format!(
                "{path} has {lines} lines (at most {LINES}); split it, or say `{REASON} …` in the opening"
            ));
        }
    }
    let heart: usize = HEART.0.iter().filter_map(|p| tree.file(p)).map(|f| code_lines(&f.text)).sum();
    if heart > HEART.1 {
        let names = HEART.0.join(", ");
        findings.push(format!("the heart has {heart} lines of code (at most {}): {names}", HEART.1));
    }
    findings
}

/// Lines that hold more than a comment.
fn code_lines(text: &str) -> usize {
    text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with("//")).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_found_unless_it_says_why() {
        let body = "x\n".repeat(LINES);
        assert!(gate(&Tree::of(&[("a.rs", body.as_str())])).is_empty());
        assert_eq!(gate(&Tree::of(&[("a.rs", format!("//! A file.\n{body}").as_str())])).len(), 1);
        let reasoned = format!("//! A file.\n//! Long because it is one table.\n{body}");
        assert!(gate(&Tree::of(&[("a.rs", reasoned.as_str())])).is_empty());
        let late = format!("//! A file.\nfn f() {{}}\n//! Long because it is one table.\n{body}");
        assert_eq!(gate(&Tree::of(&[("a.rs", late.as_str())])).len(), 1);
    }

    #[test]
    fn a_heart_that_grows_is_found() {
        let body = "x\n".repeat(301);
        assert_eq!(gate(&Tree::of(&[(HEART.0[0], body.as_str()), (HEART.0[1], body.as_str())])).len(), 1);
        let mut commented = body.replacen('x', "// x", 3);
        commented.push('\n');
        assert!(gate(&Tree::of(&[(HEART.0[0], commented.as_str()), (HEART.0[1], body.as_str())])).is_empty());
    }
}
