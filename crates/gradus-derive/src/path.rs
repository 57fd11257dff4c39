//! Where the crates are reached from the one that derives: as its manifest says.

use syn::{Path, parse_quote};

/// The path of the engine crate: through `gradus-tensor`, `gradus-nn` or the facade.
pub(crate) fn engine() -> Path {
    if names("gradus-tensor") {
        parse_quote!(::gradus_tensor)
    } else if names("gradus-nn") {
        parse_quote!(::gradus_nn::tensor)
    } else {
        parse_quote!(::gradus::tensor)
    }
}

/// The path of the crate of layers: `gradus-nn` or the facade.
pub(crate) fn nn() -> Path {
    if names("gradus-nn") { parse_quote!(::gradus_nn) } else { parse_quote!(::gradus::nn) }
}

/// Whether the manifest of the crate under compilation names this one.
fn names(name: &str) -> bool {
    let manifest = std::env::var("CARGO_MANIFEST_DIR").map(|dir| format!("{dir}/Cargo.toml"));
    let text = manifest.ok().and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    text.lines().map(str::trim).any(|line| {
        let key = line.strip_prefix(name).map(str::trim_start);
        key.is_some_and(|rest| rest.starts_with('=') || rest.starts_with('.'))
            || line.contains(&format!("dependencies.{name}]"))
            || line == format!("name = \"{name}\"")
    })
}
