//! A program that runs workloads when it is told to: one line in, one line of JSON out (see benches/README.md).

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::run::{Outcome, answers, cargo, output, program, run, shown};

/// A started program.
pub(crate) struct Program {
    pub(crate) name: String,
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    rest: Duration,
}

impl Program {
    /// Starts the program with `threads` threads on as many cores and waits for its `ready`.
    pub(crate) fn start(name: &str, command: &Command, threads: usize) -> Outcome<Self> {
        let mut held = on_cores(command, threads);
        held.args(["--threads", &threads.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let line = shown(&held);
        let mut child = held.spawn().map_err(|e| format!("`{line}` did not start: {e}"))?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(format!("`{line}`: no pipes"));
        };
        // Idle workers of OpenMP spin for 200 ms after their last task; nobody else may run meanwhile.
        let rest = Duration::from_millis(if threads > 1 { 250 } else { 20 });
        let mut started = Program { name: name.to_owned(), child, to, from: BufReader::new(from), rest };
        match started.read()?.trim() {
            "ready" => Ok(started),
            other => Err(format!("{name}: expected `ready`, got `{other}`")),
        }
    }

    fn read(&mut self) -> Outcome<String> {
        let mut line = String::new();
        match self.from.read_line(&mut line) {
            Ok(0) => Err(format!("{} has ended", self.name)),
            Ok(_) => Ok(line),
            Err(e) => Err(format!("{}: {e}", self.name)),
        }
    }

    /// Sends a line and reads the answer.
    pub(crate) fn ask(&mut self, line: &str) -> Outcome<Value> {
        let sent = writeln!(self.to, "{line}").and_then(|()| self.to.flush());
        sent.map_err(|e| format!("{}: {e}", self.name))?;
        let answer = self.read()?;
        std::thread::sleep(self.rest);
        let value: Value =
            serde_json::from_str(&answer).map_err(|e| format!("{}: `{}`: {e}", self.name, answer.trim()))?;
        match value["error"].as_str() {
            Some(error) => Err(format!("{}: {line}: {error}", self.name)),
            None => Ok(value),
        }
    }

    /// What the program can do.
    pub(crate) fn workloads(&mut self) -> Outcome<Vec<String>> {
        let list = self.ask("list")?;
        let names = list.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned));
        Ok(names.collect())
    }

    /// Microseconds of a step.
    pub(crate) fn time(&mut self, workload: &str) -> Outcome<f64> {
        let answer = self.ask(&format!("run {workload}"))?;
        answer["us"].as_f64().ok_or_else(|| format!("{}: run {workload}: no `us` in {answer}", self.name))
    }

    /// The loss after five steps from the common start; `None` where there is none.
    pub(crate) fn loss(&mut self, workload: &str) -> Outcome<Option<f64>> {
        Ok(self.ask(&format!("loss {workload}"))?["loss5"].as_f64())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to tell it.
        let _ = writeln!(self.to, "quit");
        let _ = self.to.flush();
        std::thread::sleep(Duration::from_millis(50));
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The same command, held to the first `threads` cores where the machine can do that, threads set in all dialects.
fn on_cores(command: &Command, threads: usize) -> Command {
    let n = threads.to_string();
    let mut held = if answers(&mut program("taskset")) {
        let mut held = program("taskset");
        held.args(["--cpu-list", &format!("0-{}", threads.saturating_sub(1))]).arg(command.get_program());
        held
    } else {
        program(command.get_program())
    };
    held.args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        held.current_dir(folder);
    }
    for name in ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"] {
        held.env(name, &n);
    }
    held
}

/// Builds our `steps` in the workspace at `folder` and returns its command.
pub(crate) fn ours(folder: &Path) -> Outcome<Command> {
    built(folder, &["--package", "gradus-benches", "--bin", "steps"], "steps")
}

/// Builds a program of the workspace at `folder`, optimised, and returns its command.
pub(crate) fn built(folder: &Path, choice: &[&str], name: &str) -> Outcome<Command> {
    run(cargo().current_dir(folder).args(["build", "--release"]).args(choice))?;
    let text = output(cargo().current_dir(folder).args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let json: Value = serde_json::from_str(&text).map_err(|e| format!("cargo metadata: {e}"))?;
    let target = json["target_directory"].as_str().ok_or("cargo metadata: no target_directory")?;
    let path: PathBuf = [target, "release", name].iter().collect();
    let mut command = program(path);
    command.current_dir(folder);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn talker(script: &str) -> Outcome<Program> {
        Program::start("talker", program("sh").args(["-c", script, "sh"]), 1)
    }

    #[test]
    fn answers_are_read_and_errors_carry_the_name() {
        let script = r#"echo ready; while read verb name; do case $name in
            slow) echo "{\"workload\":\"slow\",\"us\":7.5}";; *) echo "{\"error\":\"cannot\"}";; esac; done"#;
        let mut program = talker(script).expect("sh starts");
        assert_eq!(program.time("slow"), Ok(7.5));
        assert_eq!(program.time("fast"), Err("talker: run fast: cannot".to_owned()));
    }

    #[test]
    fn a_program_that_is_not_ready_or_ends_is_an_error() {
        assert!(talker("echo no").err().is_some_and(|m| m.contains("expected `ready`")));
        assert!(talker("exit 0").err().is_some_and(|m| m.contains("has ended")));
    }
}
