//! Puts a line into a list of lines where it belongs, leaving everything else as it is.

/// Among the lines that start with `prefix`: before the first that sorts after it, else after the last. `None` if there are none.
pub(crate) fn among(text: &str, prefix: &str, line: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let listed: Vec<usize> = (0..lines.len()).filter(|i| lines[*i].starts_with(prefix)).collect();
    let after = listed.iter().copied().find(|i| lines[*i] > line);
    Some(with(&lines, after.or(listed.last().map(|i| i + 1))?, line))
}

/// In the block that the line `head` opens: before the first line that sorts after it, else before the block ends.
pub(crate) fn in_block(text: &str, head: &str, line: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let start = lines.iter().position(|l| *l == head)? + 1;
    let end = start + lines[start..].iter().position(|l| l.trim_start().starts_with('}'))?;
    let at = (start..end).find(|i| lines[*i] > line).unwrap_or(end);
    Some(with(&lines, at, line))
}

fn with(lines: &[&str], at: usize, line: &str) -> String {
    let mut all = lines.to_vec();
    all.insert(at, line);
    all.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_finds_its_place_in_a_list() {
        let text = "//! Doc.\n\nmod a;\nmod c;\n\nfn f() {}\n";
        assert_eq!(among(text, "mod ", "mod b;").as_deref(), Some("//! Doc.\n\nmod a;\nmod b;\nmod c;\n\nfn f() {}\n"));
        assert_eq!(among(text, "mod ", "mod d;").as_deref(), Some("//! Doc.\n\nmod a;\nmod c;\nmod d;\n\nfn f() {}\n"));
        assert_eq!(among(text, "use ", "use b;"), None);
    }

    #[test]
    fn a_line_finds_its_place_in_a_block() {
        let text = "use a;\n\nrooms! {\n    cos: Cos as A;\n    tan: Tan as A;\n}\n\nfn f() {}\n";
        let expected = text.replacen("    tan:", "    sin: Sin as A;\n    tan:", 1);
        assert_eq!(in_block(text, "rooms! {", "    sin: Sin as A;"), Some(expected));
        let last = in_block(text, "rooms! {", "    zeta: Zeta as A;");
        assert!(last.is_some_and(|t| t.contains("    tan: Tan as A;\n    zeta: Zeta as A;\n}\n")));
        assert_eq!(in_block(text, "folders! {", "x"), None);
    }
}
