//! The floors of the house as data: which crate may use which. An arrow may only point down.
//!
//! To add a crate, add a row here and its line in ARCHITECTURE.md. The order of the rows is from the roof to the ground.

/// A crate and what it may depend on, among ours.
pub(crate) type Floor = (&'static str, &'static [&'static str]);

/// From the roof to the ground.
pub(crate) const FLOORS: &[Floor] = &[
    (
        "gradus",
        &[
            "gradus-train",
            "gradus-optim",
            "gradus-nn",
            "gradus-derive",
            "gradus-constraints",
            "gradus-data",
            "gradus-tensor",
            "gradus-init",
            "gradus-kernels",
        ],
    ),
    ("gradus-train", &["gradus-nn", "gradus-optim", "gradus-data", "gradus-tensor"]),
    ("gradus-optim", &["gradus-tensor", "gradus-kernels"]),
    ("gradus-nn", &["gradus-derive", "gradus-constraints", "gradus-init", "gradus-tensor"]),
    ("gradus-derive", &[]),
    ("gradus-constraints", &["gradus-tensor", "gradus-init", "gradus-kernels"]),
    ("gradus-data", &[]),
    ("gradus-tensor", &["gradus-kernels"]),
    ("gradus-init", &["gradus-kernels"]),
    ("gradus-kernels", &[]),
];

/// Packages of the workspace that are never published: these may use every floor.
pub(crate) const GUESTS: &[&str] = &["gradus-examples", "gradus-benches"];

/// The package that may use none of ours, so that it builds when they do not.
pub(crate) const CARETAKER: &str = "xtask";

/// The crates in the order in which they can be published: the ground first.
pub(crate) fn release_order() -> Vec<&'static str> {
    let mut order: Vec<&str> = Vec::new();
    while order.len() < FLOORS.len() {
        let before = order.len();
        for (name, may) in FLOORS.iter().rev() {
            if !order.contains(name) && may.iter().all(|m| order.contains(m)) {
                order.push(name);
            }
        }
        assert!(order.len() > before, "floors: the table has a cycle");
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ground_is_published_first_and_the_roof_last() {
        let order = release_order();
        let place = |name: &str| order.iter().position(|n| *n == name);
        for (name, may) in FLOORS {
            assert!(may.iter().all(|m| place(m) < place(name)), "{name} would be published before what it uses");
        }
        assert_eq!(order.last(), Some(&"gradus"));
    }
}
