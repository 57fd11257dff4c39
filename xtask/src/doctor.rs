//! `cargo xtask doctor`: says what this machine lacks for the optional chores, and how to get it.

use std::process::Command;

use crate::run::{Outcome, answers, cargo, output, program, root};

/// What is looked for: its name, how it is asked, what it serves, the way to get it.
struct Tool {
    name: &'static str,
    command: fn() -> Command,
    serves: &'static str,
    way: &'static str,
}

fn with(mut command: Command, arg: &str) -> Command {
    command.arg(arg);
    command
}

const TOOLS: &[Tool] = &[
    Tool {
        name: "rustfmt",
        command: || with(cargo(), "fmt"),
        serves: "`cargo xtask ci`, `fmt`, `new`",
        way: "rustup component add rustfmt",
    },
    Tool {
        name: "clippy",
        command: || with(cargo(), "clippy"),
        serves: "`cargo xtask ci`",
        way: "rustup component add clippy",
    },
    Tool { name: "git", command: || program("git"), serves: "`bench compare`, `release`", way: "install git" },
    Tool {
        name: "python3",
        command: || program("python3"),
        serves: "`bench peers`, fixtures",
        way: "install Python 3.11 or later with venv",
    },
    Tool {
        name: "cargo-deny",
        command: || with(cargo(), "deny"),
        serves: "`release`: licences, bans, sources",
        way: "cargo install cargo-deny",
    },
    Tool {
        name: "cargo-semver-checks",
        command: || with(cargo(), "semver-checks"),
        serves: "`release`: semantic versions",
        way: "cargo install cargo-semver-checks",
    },
    Tool {
        name: "taskset",
        command: || program("taskset"),
        serves: "`bench`: equal cores for all programs",
        way: "install util-linux; without it threads are set, cores are not",
    },
];

/// Prints a line a tool; a missing optional tool is not a failure.
pub(crate) fn doctor() -> Outcome {
    println!("{}", output(cargo().arg("--version"))?.trim());
    println!("{} cores for this process", std::thread::available_parallelism().map_or(1, usize::from));
    println!("vector instructions: {}", instructions());
    for tool in TOOLS {
        let found = answers(&mut (tool.command)());
        let state = if found { "found".to_owned() } else { format!("missing: {}", tool.way) };
        println!("{:>20}  {state:<8}  for {}", tool.name, tool.serves);
    }
    let venv = root().join("benches/peers/.venv/bin/python");
    let state = if venv.exists() { "found" } else { "missing: `cargo xtask bench peers --setup` makes it" };
    println!("{:>20}  {state}", "Python peers");
    Ok(())
}

/// The widest set that the kernels can use here.
fn instructions() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        if std::is_x86_feature_detected!("avx512f") {
            "AVX-512"
        } else if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
            "AVX2 with FMA"
        } else {
            "SSE2 (the portable kernels)"
        }
    }
    #[cfg(target_arch = "aarch64")]
    {
        "NEON"
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    {
        "the portable kernels"
    }
}
