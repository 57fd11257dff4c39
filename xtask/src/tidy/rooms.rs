//! Gate: every op that the door lists has a room with cases, and every room is listed.
//!
//! The list is the call of `rooms!` in `ops/mod.rs`: `folder { room::Op as Kind, … }`, one line an op.

use super::source::{code, has_word};
use crate::tree::{File, Tree};

/// The folder of the ops; its `mod.rs` holds the list.
const OPS: &str = "crates/gradus-tensor/src/ops";

pub(crate) fn gate(tree: &Tree) -> Vec<String> {
    let door = format!("{OPS}/mod.rs");
    let Some(list) = tree.file(&door) else { return Vec::new() };
    let listed = listed(&code(&list.text));
    let mut findings = Vec::new();
    if listed.is_empty() {
        findings.push(format!("{door} lists no op; the form is `rooms! {{ folder {{ room::Op as Kind, }} }}`"));
    }
    for (folder, room, op) in &listed {
        let path = format!("{OPS}/{folder}/{room}.rs");
        match tree.file(&path) {
            None => findings.push(format!("{door} lists {room}::{op}, but there is no {path}")),
            Some(file) => findings.extend(cases(file, op).map(|why| format!("{path}: {op} {why}"))),
        }
        if listed.iter().filter(|(_, _, other)| other == op).count() > 1 {
            findings.push(format!("{door} lists {op} twice"));
        }
    }
    for file in tree.rust().filter(|f| f.under(OPS) && !f.path.ends_with("/mod.rs")) {
        for op in rooms_of(&file.text).into_iter().filter(|op| !listed.iter().any(|l| l.2 == *op)) {
            findings.push(format!("{}: {op} is not listed in {door}, so no test walks it", file.path));
        }
    }
    findings
}

/// (folder, room, op) of every line of the list.
fn listed(code: &str) -> Vec<(String, String, String)> {
    let Some((_, body)) = code.split_once("\nrooms! {") else { return Vec::new() };
    let (mut folder, mut found) = (String::new(), Vec::new());
    for line in body.lines().map(str::trim) {
        if let Some(name) = line.strip_suffix('{') {
            folder = name.trim().to_owned();
        } else if let Some((room, op)) = line.split_once(" as ").and_then(|(path, _)| path.split_once("::")) {
            found.push((folder.clone(), room.trim().to_owned(), op.trim().to_owned()));
        }
    }
    found
}

/// The ops that a file makes rooms of.
fn rooms_of(text: &str) -> Vec<String> {
    let names = text.lines().filter_map(|l| l.trim().strip_prefix("impl Room for "));
    names.map(|n| n.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()).collect()
}

/// What the cases of an op lack, if anything.
fn cases(file: &File, op: &str) -> Option<&'static str> {
    let code = code(&file.text);
    let Some((_, room)) = code.split_once(&format!("impl Room for {op} ")) else {
        return Some("has no `impl Room for`");
    };
    let end = room.find("\n}").unwrap_or(room.len());
    let Some((_, body)) = room[..end].split_once("fn cases()") else { return Some("has no cases") };
    let squeezed: String = body.split_whitespace().collect();
    let empty = ["{vec![]", "{Vec::new()", "{}"].iter().any(|e| squeezed.contains(e));
    if empty || !has_word(body, "Case") { Some("brings an empty list of cases") } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOOR: &str =
        "macro_rules! rooms { () => {} }\n\nrooms! {\n    wave {\n        sin::Sin as Pointwise<1>,\n    }\n}\n";
    const ROOM: &str = "impl Room for Sin {\n    fn cases() -> Vec<Case> {\n        unary(sin, &[0.0])\n    }\n}\n";

    fn found(door: &str, path: &str, room: &str) -> Vec<String> {
        gate(&Tree::of(&[
            ("crates/gradus-tensor/src/ops/mod.rs", door),
            (&format!("crates/gradus-tensor/src/ops/wave/{path}.rs"), room),
        ]))
    }

    #[test]
    fn a_listed_room_with_cases_passes() {
        assert_eq!(found(DOOR, "sin", ROOM), [] as [String; 0]);
    }

    #[test]
    fn a_missing_room_missing_cases_and_an_unlisted_room_are_found() {
        assert!(!found(DOOR, "cos", "").is_empty());
        assert_eq!(found(DOOR, "sin", "pub struct Sin;").len(), 1);
        assert_eq!(found(DOOR, "sin", &ROOM.replace("unary(sin, &[0.0])", "vec![]")).len(), 1);
        assert_eq!(found(DOOR, "sin", &format!("{ROOM}{}", ROOM.replace("Sin", "Cos"))).len(), 1);
        assert_eq!(found("rooms! {}", "sin", "").len(), 1);
        let twice = DOOR.replace("    }", "        sin::Sin as Pointwise<1>,\n    }");
        assert_eq!(found(&twice, "sin", ROOM).len(), 2);
    }
}
