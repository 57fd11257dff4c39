//! `cargo xtask ci`: everything that has to pass before a change lands, in one run.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use clap::Args;

use crate::format;
use crate::run::{Outcome, cargo, run, shown};
use crate::tidy::tidy;

/// The example that `ci` runs to the end: the main job, with one epoch.
const MAIN_JOB: &[&str] = &["run", "--release", "--example", "digits", "--", "--epochs", "1"];

/// Flags of `cargo xtask ci`.
#[derive(Args)]
pub(crate) struct Ci {
    /// Stop at the first step that fails; otherwise all are run and all failures are listed.
    #[arg(long)]
    fail_fast: bool,
}

impl Ci {
    /// Runs the steps in order; a summary with times closes the output.
    pub(crate) fn run(&self) -> Outcome {
        let steps: [(&str, fn() -> Outcome); 6] = [
            ("format", || format::all(true)),
            ("tidy", tidy),
            ("clippy", clippy),
            ("docs", docs),
            ("tests", tests),
            ("main job", || run(cargo().args(MAIN_JOB))),
        ];
        let start = Instant::now();
        let (mut lines, mut failures) = (Vec::new(), Vec::new());
        for (name, step) in steps {
            println!("\n== {name}");
            let from = Instant::now();
            let outcome = step();
            let seconds = from.elapsed().as_secs_f64();
            match outcome {
                Ok(()) => lines.push(format!("{name:>10}  passed  {seconds:6.1} s")),
                Err(message) => {
                    lines.push(format!("{name:>10}  FAILED  {seconds:6.1} s  {message}"));
                    failures.push(name);
                    if self.fail_fast {
                        break;
                    }
                }
            }
        }
        println!(
            "\n== summary\n{}\n{:>10}          {:6.1} s",
            lines.join("\n"),
            "in all",
            start.elapsed().as_secs_f64()
        );
        if failures.is_empty() { Ok(()) } else { Err(format!("ci: failed: {}", failures.join(", "))) }
    }
}

/// Lints as errors: all targets with the features that the examples turn on, then the facade with none.
fn clippy() -> Outcome {
    run(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    run(cargo().args(["clippy", "-p", "gradus", "--no-default-features", "--", "-D", "warnings"]))
}

/// The documentation of every crate, warnings as errors.
pub(crate) fn docs() -> Outcome {
    run(cargo().env("RUSTDOCFLAGS", "-D warnings").args(["doc", "--workspace", "--no-deps"]))
}

/// The README's test command, with its output shown and its closing lines repeated at the end.
fn tests() -> Outcome {
    let mut command = cargo();
    command.args(["test", "--workspace", "--no-fail-fast"]);
    let closing = run_keeping(&mut command, |line| line.starts_with("test result:"));
    let (lines, outcome) = closing?;
    println!("\n== closing lines of {}", shown(&command));
    lines.iter().for_each(|line| println!("{line}"));
    let (passed, failed, ignored) = lines.iter().fold((0, 0, 0), |sum, line| {
        (sum.0 + count(line, "passed"), sum.1 + count(line, "failed"), sum.2 + count(line, "ignored"))
    });
    println!("in all: {passed} passed; {failed} failed; {ignored} ignored; in {} test programs", lines.len());
    outcome
}

/// Runs to the end, shows the output as it comes and returns the lines that `keep` picks.
fn run_keeping(command: &mut Command, keep: impl Fn(&str) -> bool) -> Outcome<(Vec<String>, Outcome)> {
    let line = shown(command);
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|e| format!("`{line}` did not start: {e}"))?;
    let out = child.stdout.take().ok_or_else(|| format!("`{line}`: no output"))?;
    let mut kept = Vec::new();
    for text in BufReader::new(out).lines() {
        let text = text.map_err(|e| format!("`{line}`: {e}"))?;
        println!("{text}");
        if keep(&text) {
            kept.push(text);
        }
    }
    let status = child.wait().map_err(|e| format!("`{line}`: {e}"))?;
    Ok((kept, if status.success() { Ok(()) } else { Err(format!("`{line}` failed ({status})")) }))
}

/// The number before a word in `test result: ok. 12 passed; 0 failed; …`.
fn count(line: &str, word: &str) -> usize {
    let words: Vec<&str> = line.split_whitespace().collect();
    let at = words.iter().position(|w| w.trim_end_matches(';') == word);
    at.and_then(|i| words.get(i.wrapping_sub(1))).and_then(|n| n.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests_of_ci {
    use super::*;

    #[test]
    fn the_closing_line_is_counted() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!((count(line, "passed"), count(line, "failed"), count(line, "ignored")), (12, 3, 1));
    }

    #[test]
    fn a_failing_program_is_an_error_and_its_lines_are_kept() {
        let (kept, outcome) =
            run_keeping(Command::new("sh").args(["-c", "echo test result: x; echo y; exit 3"]), |l| {
                l.starts_with("test")
            })
            .expect("sh runs");
        assert_eq!(kept, ["test result: x"]);
        assert!(outcome.is_err_and(|m| m.contains("exit 3") || m.contains('3')));
    }
}
