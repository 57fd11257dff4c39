//! Gate: no file names a machine, and every dependency comes from the public registry.

use crate::tree::Tree;

/// Folders of somebody's machine. Cut in two, so that this file does not find itself.
const PLACES: [&str; 7] = [
    concat!("/tm", "p/"),
    concat!("/hom", "e/"),
    concat!("/roo", "t/"),
    concat!("/wor", "k/"),
    concat!("/Use", "rs/"),
    concat!("/op", "t/"),
    concat!("C:", "\\Users"),
];

/// Ways to point a package manager at some host.
const HOSTS: [&str; 5] = [
    concat!("index", "-url"),
    concat!("extra-index", "-url"),
    concat!("replace", "-with"),
    concat!("sparse", "+http"),
    concat!("artif", "actory"),
];

/// Where the lock file says that packages come from.
const REGISTRY: &str = concat!("registry+", "https://github.com/rust-lang/crates.io-index");

pub(crate) fn gate(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for file in &tree.files {
        for (number, line) in file.text.lines().enumerate() {
            let place = PLACES.iter().find(|p| names_place(line, p));
            let host = HOSTS.iter().find(|h| line.contains(*h));
            if let Some(word) = place.or(host) {
                findings.push(format!("{}:{} names a machine or a host (`{word}`)", file.path, number + 1));
            }
            if file.path.ends_with("Cargo.lock") && line.starts_with("source = ") && !line.contains(REGISTRY) {
                findings.push(format!("{}:{} takes a package from elsewhere: {line}", file.path, number + 1));
            }
        }
    }
    findings
}

/// Whether the line holds the place as the start of a path: not as the tail of a longer one or of an address.
fn names_place(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-~/}".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_path_is_found_and_a_tail_of_an_address_passes() {
        let bad = format!("let p = \"{}x\";", PLACES[0]);
        assert_eq!(gate(&Tree::of(&[("a.rs", bad.as_str())])).len(), 1);
        let tail = format!("see https://example.org{}x", PLACES[1]);
        assert!(gate(&Tree::of(&[("a.md", tail.as_str())])).is_empty());
    }

    #[test]
    fn a_host_and_a_foreign_source_are_found() {
        let host = format!("pip install --{} x", HOSTS[0]);
        assert_eq!(gate(&Tree::of(&[("a.sh", host.as_str())])).len(), 1);
        assert_eq!(gate(&Tree::of(&[("Cargo.lock", "source = \"git+https://example.org/a\"")])).len(), 1);
        let public = format!("source = \"{REGISTRY}\"");
        assert!(gate(&Tree::of(&[("Cargo.lock", public.as_str())])).is_empty());
    }
}
