//! The changelog: a release has a section of its own in it, and the section says something.

use std::fs;

use crate::run::{Outcome, root};

const PAGE: &str = "CHANGELOG.md";
const OPEN: &str = "## Unreleased";

fn read() -> Outcome<String> {
    fs::read_to_string(root().join(PAGE)).map_err(|e| format!("{PAGE}: {e}"))
}

/// Turns the open section into that of `version` and opens a new, empty one above it.
pub(crate) fn close(version: &str) -> Outcome {
    let text = closed(&read()?, version)?;
    fs::write(root().join(PAGE), text).map_err(|e| format!("{PAGE}: {e}"))
}

fn closed(text: &str, version: &str) -> Outcome<String> {
    if !text.contains(OPEN) {
        return Err(format!("{PAGE}: there is no `{OPEN}` section to close"));
    }
    Ok(text.replacen(OPEN, &format!("{OPEN}\n\n## {version}"), 1))
}

/// The section of the version exists and has at least one line of change.
pub(crate) fn check(version: &str) -> Outcome {
    checked(&read()?, version)
}

fn checked(text: &str, version: &str) -> Outcome {
    let title = format!("## {version}");
    let start = text.lines().position(|l| l == title || l.starts_with(&format!("{title} ")));
    let Some(start) = start else {
        return Err(format!("{PAGE}: there is no section `{title}`; `cargo xtask release {version}` makes it"));
    };
    let mut section = text.lines().skip(start + 1).take_while(|l| !l.starts_with("## "));
    if section.any(|l| l.starts_with("- ")) {
        Ok(())
    } else {
        Err(format!("{PAGE}: the section `{title}` has no line; say what changes for the users of each crate"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_or_missing_section_is_refused() {
        let open = "# Changelog\n\n## Unreleased\n\n### gradus-nn\n- New: a layer.\n";
        assert!(checked(open, "0.2.0").is_err());
        let text = closed(open, "0.2.0").expect("an open section");
        assert!(checked(&text, "0.2.0").is_ok());
        assert!(checked(&closed(&text, "0.3.0").expect("again open"), "0.3.0").is_err());
        assert!(closed("# Changelog\n", "0.2.0").is_err());
    }
}
