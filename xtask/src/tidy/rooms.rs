//! Gate: every op that the door lists has a room with cases, and every room is listed.
//!
//! The list is the call of `rooms!` in the `mod.rs` of each folder of `ops/`: `room: Op as Kind, Op as Kind;`, one line a room.

use super::source::{code, has_word};
use crate::tree::{File, Tree};

/// The folder of the ops; the `mod.rs` of each folder in it holds a list.
const OPS: &str = "crates/gradus-tensor/src/ops";

pub(crate) fn gate(tree: &Tree) -> Vec<String> {
    let folders = tree.rust().filter(|f| f.under(OPS) && f.path.matches('/').count() > OPS.matches('/').count() + 1);
    let (doors, rooms): (Vec<&File>, Vec<&File>) = folders.partition(|f| f.path.ends_with("/mod.rs"));
    let mut findings = Vec::new();
    let mut all = Vec::new();
    for door in &doors {
        let listed = listed(&code(&door.text));
        if listed.is_empty() {
            findings.push(format!("{} lists no op; the form is `rooms! {{ room: Op as Kind; }}`", door.path));
        }
        for (room, op) in listed {
            let path = door.path.replace("/mod.rs", &format!("/{room}.rs"));
            match tree.file(&path) {
                None => findings.push(format!("{} lists {op} in {room}, but there is no {path}", door.path)),
                Some(file) => findings.extend(cases(file, &op).map(|why| format!("{path}: {op} {why}"))),
            }
            if all.contains(&(path.clone(), op.clone())) {
                findings.push(format!("{} lists {op} twice", door.path));
            }
            all.push((path, op));
        }
    }
    for file in rooms {
        for op in rooms_of(&file.text).into_iter().filter(|op| !all.contains(&(file.path.clone(), op.clone()))) {
            findings
                .push(format!("{}: {op} is not listed in the mod.rs of its folder, so no test walks it", file.path));
        }
    }
    findings
}

/// (room, op) of every op of the list.
fn listed(code: &str) -> Vec<(String, String)> {
    let Some((_, body)) = code.split_once("\nrooms! {") else { return Vec::new() };
    let lines = body.lines().skip(1).map(str::trim).take_while(|l| !l.starts_with('}'));
    let rooms = lines.filter_map(|l| l.strip_suffix(';')?.split_once(": "));
    let ops = |(room, ops): (&str, &str)| -> Vec<_> {
        ops.split(", ").filter_map(|o| Some((room.to_owned(), o.split_once(" as ")?.0.to_owned()))).collect()
    };
    rooms.flat_map(ops).collect()
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
    let Some((head, body)) = room[..end].split_once("fn cases()") else { return Some("has no cases") };
    if !head.trim_end().ends_with("#[inline]") {
        return Some("has its cases compiled into every user's program; put `#[inline]` above `fn cases`");
    }
    let squeezed: String = body.split_whitespace().collect();
    let empty = ["{vec![]", "{Vec::new()", "{}"].iter().any(|e| squeezed.contains(e));
    if empty || !has_word(body, "Case") { Some("brings an empty list of cases") } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOOR: &str = "//! Waves.\n\nrooms! {\n    sin: Sin as Pointwise<1>;\n}\n";
    const ROOM: &str =
        "impl Room for Sin {\n    #[inline]\n    fn cases() -> Vec<Case> {\n        unary(sin, &[0.0])\n    }\n}\n";

    fn found(door: &str, path: &str, room: &str) -> Vec<String> {
        gate(&Tree::of(&[
            ("crates/gradus-tensor/src/ops/wave/mod.rs", door),
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
        let two = DOOR.replace("<1>;", "<1>, Cos as Composed;");
        assert_eq!(found(&two, "sin", ROOM).len(), 1);
        assert_eq!(found(&two, "sin", &format!("{ROOM}{}", ROOM.replace("Sin", "Cos"))), [] as [String; 0]);
        let twice = DOOR.replace("}\n", "    sin: Sin as Pointwise<1>;\n}\n");
        assert_eq!(found(&twice, "sin", ROOM).len(), 1);
    }
}
