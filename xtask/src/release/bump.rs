//! The version of the workspace: read, compared, and written into the one manifest that states it.

use std::fs;

use crate::run::{Outcome, cargo, root, run};

const MANIFEST: &str = "Cargo.toml";

/// The version that `[workspace.package]` states.
pub(crate) fn current() -> Outcome<String> {
    let text = fs::read_to_string(root().join(MANIFEST)).map_err(|e| format!("{MANIFEST}: {e}"))?;
    stated(&text).map(str::to_owned).ok_or_else(|| format!("{MANIFEST}: no `version = \"…\"` in [workspace.package]"))
}

fn stated(manifest: &str) -> Option<&str> {
    let section = manifest.split("[workspace.package]").nth(1)?;
    section.lines().find_map(|l| l.strip_prefix("version = \"")?.strip_suffix('"'))
}

/// Whether `next` is a version, and a later one.
pub(crate) fn check(now: &str, next: &str) -> Outcome {
    let (a, b) = (numbers(now)?, numbers(next)?);
    if b > a { Ok(()) } else { Err(format!("release: {next} does not come after {now}")) }
}

fn numbers(version: &str) -> Outcome<[u64; 3]> {
    let parts: Option<Vec<u64>> = version.split('.').map(|p| p.parse().ok()).collect();
    parts.and_then(|p| p.try_into().ok()).ok_or_else(|| format!("release: `{version}` is not of the form 1.2.3"))
}

/// Writes the new version wherever the root manifest states the old one: once for the packages, once an inner arrow.
pub(crate) fn write(now: &str, next: &str) -> Outcome {
    let path = root().join(MANIFEST);
    let text = fs::read_to_string(&path).map_err(|e| format!("{MANIFEST}: {e}"))?;
    fs::write(&path, bumped(&text, now, next)).map_err(|e| format!("{MANIFEST}: {e}"))?;
    run(cargo().args(["update", "--workspace", "--offline", "--quiet"]))
}

fn bumped(manifest: &str, now: &str, next: &str) -> String {
    let (old, new) = (format!("version = \"{now}\""), format!("version = \"{next}\""));
    let ours = |line: &str| line.starts_with("version = ") || (line.starts_with("gradus") && line.contains("path = "));
    let lines = manifest.lines().map(|l| if ours(l) { l.replace(&old, &new) } else { l.to_owned() });
    lines.map(|l| l + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "[workspace.package]\nversion = \"0.1.0\"\n\n[workspace.dependencies]\n\
                        gradus = { path = \"crates/gradus\", version = \"0.1.0\" }\nother = { version = \"0.1.0\" }\n";

    #[test]
    fn only_our_own_versions_move() {
        assert_eq!(stated(ROOT), Some("0.1.0"));
        let new = bumped(ROOT, "0.1.0", "0.2.0");
        assert_eq!(stated(&new), Some("0.2.0"));
        assert!(
            new.contains("crates/gradus\", version = \"0.2.0\"") && new.contains("other = { version = \"0.1.0\" }")
        );
    }

    #[test]
    fn a_version_that_does_not_come_after_is_refused() {
        assert!(check("0.9.0", "0.10.0").is_ok());
        assert!(check("0.10.0", "0.9.9").is_err());
        assert!(check("0.1.0", "0.1.0").is_err());
        assert!(check("0.1.0", "next").is_err());
    }
}
