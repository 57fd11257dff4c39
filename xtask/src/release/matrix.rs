//! Each crate alone, with default features, with none, with each one and with all.

use crate::run::{Outcome, cargo, run};
use crate::tidy::release_order;
use crate::tree::{Package, packages};

/// Checks every published crate with every choice of the matrix; with `tests` runs its tests as well.
pub(crate) fn check(tests: bool) -> Outcome {
    let all = packages()?;
    for name in release_order() {
        let Some(package) = all.iter().find(|p| p.name == name) else {
            return Err(format!("{name} is in the floors' table but not in the workspace"));
        };
        if !package.published {
            return Err(format!("{name} is in the floors' table but its manifest says `publish = false`"));
        }
        for choice in choices(package) {
            println!("-- {name} {}", choice.join(" "));
            run(cargo().args(["check", "--quiet", "--package", name]).args(&choice))?;
        }
        for choice in [&[] as &[&str], &["--no-default-features"]] {
            if tests {
                println!("-- {name}, tests {}", choice.join(" "));
                run(cargo().args(["test", "--quiet", "--package", name]).args(choice))?;
            }
        }
    }
    Ok(())
}

/// The arguments of each choice of features.
fn choices(package: &Package) -> Vec<Vec<String>> {
    let words = |list: &[&str]| list.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    let mut all = vec![words(&[]), words(&["--no-default-features"])];
    for feature in package.features.iter().filter(|f| *f != "default") {
        all.push(words(&["--no-default-features", "--features", feature]));
    }
    if package.features.len() > 1 {
        all.push(words(&["--all-features"]));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_is_tried_alone_and_with_the_others() {
        let features = ["default", "digits", "linalg"].map(str::to_owned).to_vec();
        let package = Package { name: "a".into(), arrows: Vec::new(), features, published: true };
        let lines: Vec<String> = choices(&package).iter().map(|c| c.join(" ")).collect();
        let alone = "--no-default-features --features";
        let expected =
            ["", "--no-default-features", &format!("{alone} digits"), &format!("{alone} linalg"), "--all-features"];
        assert_eq!(lines, expected);
    }
}
