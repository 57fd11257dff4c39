//! Where the engine is reached from the crate that derives: through `gradus-tensor`, `gradus-nn` or the facade, as its manifest says.

use syn::{Path, parse_quote};

/// The path of the engine crate.
pub(crate) fn engine() -> Path {
    let manifest = std::env::var("CARGO_MANIFEST_DIR").map(|dir| format!("{dir}/Cargo.toml"));
    let text = manifest.ok().and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    let names = |name: &str| {
        text.lines().map(str::trim_start).any(|line| {
            let key = line.strip_prefix(name).map(str::trim_start);
            key.is_some_and(|rest| rest.starts_with('=') || rest.starts_with('.'))
                || line.contains(&format!("dependencies.{name}]"))
        }) || text.lines().any(|line| line.trim() == format!("name = \"{name}\""))
    };
    if names("gradus-tensor") {
        parse_quote!(::gradus_tensor)
    } else if names("gradus-nn") {
        parse_quote!(::gradus_nn::tensor)
    } else {
        parse_quote!(::gradus::tensor)
    }
}
