//! Makes what the peers need: a virtual environment for Python, the separate workspace for Rust.

use std::path::PathBuf;
use std::process::Command;

use super::program::built;
use crate::run::{Outcome, program, root, run};

/// Where the peers' programs stand.
pub(crate) fn folder() -> PathBuf {
    root().join("benches").join("peers")
}

/// The Python to use: the one of our virtual environment, unless a variable names another that has the packages.
fn python() -> PathBuf {
    std::env::var_os("GRADUS_PEERS_PYTHON").map_or_else(|| folder().join(".venv/bin/python"), PathBuf::from)
}

/// Makes the virtual environment and installs the peers into it. Some 2 GB.
pub(crate) fn make() -> Outcome {
    run(program("python3").args(["-m", "venv"]).arg(folder().join(".venv")))?;
    let requirements = folder().join("requirements.txt");
    run(program(python()).args(["-m", "pip", "install", "--requirement"]).arg(requirements))
}

/// A peer by name: what starts it.
pub(crate) fn peer(name: &str) -> Outcome<Command> {
    match name {
        "pytorch" => script("pytorch.py"),
        "jax" => script("jax_steps.py"),
        "burn" | "candle" => {
            built(&folder().join("rust"), &["--package", &format!("peer-{name}")], &format!("peer-{name}"))
        }
        _ => Err(format!("no peer `{name}`; there are pytorch, jax, burn, candle")),
    }
}

fn script(name: &str) -> Outcome<Command> {
    let python = python();
    if !python.exists() {
        return Err(format!(
            "{} is missing; `cargo xtask bench peers --setup` makes it (some 2 GB), or set GRADUS_PEERS_PYTHON",
            python.strip_prefix(root()).unwrap_or(&python).display()
        ));
    }
    let mut command = program(python);
    command.arg(name).current_dir(folder());
    Ok(command)
}
