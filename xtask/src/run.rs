//! Runs other programs from the root of the workspace and says plainly which of them failed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a chore returns: nothing, or the one line that `main` prints.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// The root of the workspace: the folder above this package.
pub(crate) fn root() -> PathBuf {
    // Asked at run time first: two working trees may share one target folder.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map_or(PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().unwrap_or(&here).to_path_buf()
}

/// The cargo that started us, so that a chosen toolchain stays chosen.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Another program, started at the root.
pub(crate) fn program(name: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root());
    command
}

/// The command as one would type it.
pub(crate) fn shown(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or(command.get_program()).to_string_lossy();
    let mut line = name.into_owned();
    for arg in command.get_args() {
        line.push(' ');
        line.push_str(&arg.to_string_lossy());
    }
    line
}

/// Runs to the end, output shown; an exit code other than 0 is an error.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let line = shown(command);
    let status = command.status().map_err(|e| format!("`{line}` did not start: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{line}` failed ({status})")) }
}

/// Runs to the end and returns what it wrote to standard output; standard error is shown.
pub(crate) fn output(command: &mut Command) -> Outcome<String> {
    let line = shown(command);
    let out = command.stderr(Stdio::inherit()).output().map_err(|e| format!("`{line}` did not start: {e}"))?;
    if !out.status.success() {
        return Err(format!("`{line}` failed ({})", out.status));
    }
    String::from_utf8(out.stdout).map_err(|e| format!("`{line}` wrote no UTF-8: {e}"))
}

/// Whether a program answers to `--version`: how `doctor` and `release` look for optional tools.
pub(crate) fn answers(command: &mut Command) -> bool {
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}
