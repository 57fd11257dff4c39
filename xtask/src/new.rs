//! `cargo xtask new op|layer|parametrization NAME`: writes the room, its line in the door and a case that fails.

mod insert;

use std::fs;

use clap::{Args, ValueEnum};

use crate::format;
use crate::run::{Outcome, root};

/// Flags of `cargo xtask new`.
#[derive(Args)]
pub(crate) struct New {
    /// What the room is for.
    kind: Kind,
    /// Its name, in snake_case: `leaky_relu`.
    name: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// An elementwise op of gradus-tensor.
    Op,
    /// A layer of gradus-nn.
    Layer,
    /// A map from free leaves onto a set, of gradus-constraints.
    Parametrization,
}

/// A file and its new text.
type Change = (String, String);

impl New {
    /// Writes the files and lists them.
    pub(crate) fn run(&self) -> Outcome {
        let camel = camel(&self.name)?;
        let (package, room, template) = match self.kind {
            Kind::Op => ("gradus-tensor", "ops/elementwise", include_str!("new/templates/op.rs.txt")),
            Kind::Layer => ("gradus-nn", "", include_str!("new/templates/layer.rs.txt")),
            Kind::Parametrization => ("gradus-constraints", "", include_str!("new/templates/parametrization.rs.txt")),
        };
        let source = format!("crates/{package}/src");
        let path = if room.is_empty() {
            format!("{source}/{}.rs", self.name)
        } else {
            format!("{source}/{room}/{}.rs", self.name)
        };
        if root().join(&path).exists() {
            return Err(format!("new: {path} is there already; open it instead"));
        }
        let text = template.replace("@name@", &self.name).replace("@Name@", &camel);
        let mut changes = vec![(path, text)];
        changes.extend(self.doors(&source, &camel)?);
        for (path, text) in &changes {
            fs::write(root().join(path), text).map_err(|e| format!("{path}: {e}"))?;
        }
        format::files(&changes.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(), false)?;
        changes.iter().for_each(|(path, _)| println!("wrote {path}"));
        match self.kind {
            Kind::Op => {
                println!("next: the formula, the rule, a known value; then `cargo xtask check-op {}`", self.name);
            }
            _ => println!("next: the formula, a known value; then `cargo test -p {package} --lib {}`", self.name),
        }
        Ok(())
    }

    /// The list that has to name the room.
    fn doors(&self, source: &str, camel: &str) -> Outcome<Vec<Change>> {
        let read = |path: &str| fs::read_to_string(root().join(path)).map_err(|e| format!("{path}: {e}"));
        let lost = |path: &str| format!("{path}: found no list to put the new line into");
        let name = &self.name;
        if let Kind::Op = self.kind {
            let door = format!("{source}/ops/elementwise/mod.rs");
            let row = format!("    {name}: {camel} as Pointwise<1>;");
            let text = insert::in_block(&read(&door)?, "rooms! {", &row).ok_or_else(|| lost(&door))?;
            return Ok(vec![(door, text)]);
        }
        let door = format!("{source}/lib.rs");
        let text = insert::among(&read(&door)?, "mod ", &format!("mod {name};")).ok_or_else(|| lost(&door))?;
        let text = insert::among(&text, "pub use ", &format!("pub use {name}::{camel};")).ok_or_else(|| lost(&door))?;
        Ok(vec![(door, text)])
    }
}

/// `leaky_relu` to `LeakyRelu`; what is no name in snake_case is refused.
fn camel(name: &str) -> Outcome<String> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.chars().all(good)
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('_')
        && !name.contains("__")
    {
        let word = |w: &str| w[..1].to_ascii_uppercase() + &w[1..];
        Ok(name.split('_').map(word).collect())
    } else {
        Err(format!("new: `{name}` is no name in snake_case; take one like `leaky_relu`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_type_and_what_is_no_name_is_refused() {
        assert_eq!(camel("leaky_relu"), Ok("LeakyRelu".to_owned()));
        assert_eq!(camel("log1p"), Ok("Log1p".to_owned()));
        for bad in ["", "Relu", "a b", "1x", "_a", "a_", "a__b", "../a"] {
            assert!(camel(bad).is_err(), "{bad}");
        }
    }
}
