//! Gate: the arrows between our packages are those of the floors' table, and development arrows make no cycle.

use super::floors::{CARETAKER, FLOORS, GUESTS};
use crate::tree::{Kind, Package, Tree};

pub(crate) fn gate(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for package in &tree.packages {
        let name = package.name.as_str();
        let floor = FLOORS.iter().find(|f| f.0 == name);
        if floor.is_none() && !GUESTS.contains(&name) && name != CARETAKER {
            findings.push(format!("{name} stands on no floor; add a row to xtask/src/tidy/floors.rs"));
        }
        for (to, kind) in &package.arrows {
            let allowed = match floor {
                Some((_, may)) if *kind == Kind::Normal => may.contains(&to.as_str()),
                // A test may look sideways, but the crates must still be publishable one after another.
                Some(_) => !reaches(&tree.packages, to, name),
                None => name != CARETAKER,
            };
            if !allowed && *kind == Kind::Dev {
                findings
                    .push(format!("{name} uses {to} in its tests, and {to} rests on {name}; move the test to {to}"));
            } else if !allowed {
                findings.push(format!("{name} may not use {to}: the floors' table has no such arrow"));
            }
        }
    }
    findings
}

/// Whether `from` rests on `to`, directly or through others.
fn reaches(packages: &[Package], from: &str, to: &str) -> bool {
    from == to
        || packages
            .iter()
            .filter(|p| p.name == from)
            .flat_map(|p| &p.arrows)
            .any(|(next, kind)| *kind == Kind::Normal && reaches(packages, next, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house(rows: &[(&str, &[(&str, Kind)])]) -> Vec<String> {
        let package = |(name, arrows): &(&str, &[(&str, Kind)])| Package {
            name: (*name).to_owned(),
            arrows: arrows.iter().map(|(to, kind)| ((*to).to_owned(), *kind)).collect(),
            features: Vec::new(),
            published: true,
        };
        gate(&Tree { packages: rows.iter().map(package).collect(), ..Tree::default() })
    }

    #[test]
    fn an_arrow_down_passes_and_one_up_is_found() {
        let down = ("gradus-tensor", &[("gradus-kernels", Kind::Normal)] as &[_]);
        assert_eq!(house(&[down, ("gradus-kernels", &[])]), [] as [String; 0]);
        let found = house(&[down, ("gradus-kernels", &[("gradus-tensor", Kind::Normal)])]);
        assert_eq!(found, ["gradus-kernels may not use gradus-tensor: the floors' table has no such arrow"]);
    }

    #[test]
    fn an_arrow_down_that_the_table_lacks_is_found() {
        assert_eq!(house(&[("gradus-data", &[("gradus-tensor", Kind::Normal)])]).len(), 1);
    }

    #[test]
    fn a_development_arrow_may_look_sideways_but_not_close_a_cycle() {
        let nn = ("gradus-nn", &[("gradus-tensor", Kind::Normal)] as &[_]);
        assert!(house(&[nn, ("gradus-optim", &[("gradus-nn", Kind::Dev)])]).is_empty());
        assert_eq!(house(&[nn, ("gradus-tensor", &[("gradus-nn", Kind::Dev)])]).len(), 1);
    }

    #[test]
    fn the_caretaker_uses_none_and_a_stranger_is_found() {
        assert_eq!(house(&[("xtask", &[("gradus-kernels", Kind::Normal)]), ("gradus-attic", &[])]).len(), 2);
    }
}
