//! The workspace as the gates see it: its text files and its packages. Tests make small ones up.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::run::{Outcome, cargo, output, root};

/// One text file; the path is relative to the root, with `/`.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    /// Whether the path lies under a folder.
    pub(crate) fn under(&self, folder: &str) -> bool {
        self.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    }

    /// The opening `//!` block, without the slashes.
    pub(crate) fn opening(&self) -> String {
        let lines = self.text.lines().take_while(|l| l.starts_with("//!"));
        lines.map(|l| l[3..].trim()).collect::<Vec<_>>().join("\n")
    }
}

/// An arrow from a package to one of ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Normal,
    Dev,
}

/// A package of the workspace, with its arrows to other packages of the workspace.
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) arrows: Vec<(String, Kind)>,
    pub(crate) features: Vec<String>,
    pub(crate) published: bool,
}

/// All that a gate may look at.
#[derive(Default)]
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
    /// Paths of every file, text or not.
    pub(crate) paths: Vec<String>,
    pub(crate) packages: Vec<Package>,
}

impl Tree {
    /// Reads the workspace from disk and asks cargo for its packages.
    pub(crate) fn read() -> Outcome<Self> {
        let mut tree = Tree { packages: packages()?, ..Tree::default() };
        walk(&root(), "", &mut tree)?;
        Ok(tree)
    }

    /// The Rust sources.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|f| f.path.ends_with(".rs"))
    }

    /// The file at exactly this path.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|f| f.path == path)
    }

    /// Whether a file, text or not, stands at this path.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.paths.iter().any(|p| p == path)
    }

    /// A made-up tree for the gates' own tests.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let paths = files.iter().map(|f| f.0.to_owned()).collect();
        let files = files.iter().map(|(path, text)| File { path: (*path).to_owned(), text: (*text).to_owned() });
        Tree { files: files.collect(), paths, packages: Vec::new() }
    }
}

/// The packages of the workspace from `cargo metadata`.
pub(crate) fn packages() -> Outcome<Vec<Package>> {
    let text = output(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let json: Value = serde_json::from_str(&text).map_err(|e| format!("cargo metadata: {e}"))?;
    Ok(from_metadata(&json))
}

fn from_metadata(json: &Value) -> Vec<Package> {
    let list = |v: &Value| v.as_array().cloned().unwrap_or_default();
    let all = list(&json["packages"]);
    let name = |v: &Value| v["name"].as_str().unwrap_or_default().to_owned();
    let ours: Vec<String> = all.iter().map(name).collect();
    let package = |p: &Value| {
        let deps = list(&p["dependencies"]);
        let kind = |d: &Value| if d["kind"].as_str() == Some("dev") { Kind::Dev } else { Kind::Normal };
        let arrows = deps.iter().map(|d| (name(d), kind(d))).filter(|(to, _)| ours.contains(to));
        Package {
            name: name(p),
            arrows: arrows.collect(),
            features: p["features"].as_object().map(|f| f.keys().cloned().collect()).unwrap_or_default(),
            published: p["publish"].is_null(),
        }
    };
    all.iter().map(package).collect()
}

/// What holds no sources of ours.
const SKIPPED: [&str; 5] = [".git", "target", "runs", ".venv", "__pycache__"];

fn walk(folder: &Path, prefix: &str, tree: &mut Tree) -> Outcome {
    let entries = fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        if SKIPPED.contains(&name.as_str()) {
            continue;
        }
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
        let kind = entry.file_type().map_err(|e| format!("{path}: {e}"))?;
        if kind.is_dir() {
            walk(&entry.path(), &path, tree)?;
        } else if kind.is_file() {
            // What is not UTF-8 is data: it has a path, but no text for the gates.
            if let Ok(text) = fs::read_to_string(entry.path()) {
                tree.files.push(File { path: path.clone(), text });
            }
            tree.paths.push(path);
        }
    }
    Ok(())
}
