//! Gate: a link of a Markdown file to another file of the house leads somewhere.

use crate::tree::Tree;

pub(crate) fn gate(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|f| f.path.ends_with(".md")) {
        let folder = file.path.rsplit_once('/').map_or("", |p| p.0);
        for (number, line) in file.text.lines().enumerate() {
            for link in links(line).filter(|l| !l.contains("://") && !l.starts_with('#')) {
                let target = from(folder, link.split('#').next().unwrap_or(link));
                let folder_there = tree.paths.iter().any(|p| p.starts_with(&format!("{target}/")));
                if !tree.has(&target) && !folder_there {
                    findings.push(format!("{}:{} links to {target}, which is not there", file.path, number + 1));
                }
            }
        }
    }
    findings
}

/// What stands in `](…)`, outside of code; Rust paths, which rustdoc resolves, are not ours to follow.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let outside = line.split('`').step_by(2);
    let after = outside.flat_map(|text| text.split("](").skip(1));
    after.filter_map(|rest| Some(rest.split_once(')')?.0)).filter(|link| !link.contains("::"))
}

/// A path as seen from a folder, `..` resolved.
fn from(folder: &str, link: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    for part in link.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_nowhere_is_found() {
        let text =
            "[a](a.md), [up](../b.md#part), [`c`](c/), [web](https://example.org), [here](#x), `[no](code.md)`\n";
        let tree = |missing: &str| {
            let files = [("docs/x.md", text), ("docs/a.md", ""), ("b.md", ""), ("docs/c/d.rs", "")];
            gate(&Tree::of(&files.into_iter().filter(|f| f.0 != missing).collect::<Vec<_>>())).len()
        };
        assert_eq!(tree(""), 0);
        for missing in ["docs/a.md", "b.md", "docs/c/d.rs"] {
            assert_eq!(tree(missing), 1, "{missing}");
        }
    }
}
