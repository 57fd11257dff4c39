//! `cargo xtask bench scale`: how step time and peak memory grow with width, depth, length, batch and threads.

use std::path::PathBuf;
use std::process::Command;

use clap::Args;
use serde_json::{Value, json};

use super::picture::{Line, lines};
use super::program::{Program, ours};
use super::{keep, machine, setup};
use crate::run::{Outcome, root};

/// Flags of `cargo xtask bench scale`.
#[derive(Args)]
pub(crate) struct Scale {
    /// Threads on every axis but that of the threads.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Only these axes.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Measure PyTorch beside.
    #[arg(long)]
    pytorch: bool,
    /// Where the plots and the numbers go.
    #[arg(long, default_value = "runs/bench")]
    out: PathBuf,
}

/// An axis and its points.
const AXES: &[(&str, &[usize])] = &[
    ("width", &[64, 128, 256, 512, 1024, 2048]),
    ("depth", &[1, 2, 4, 8, 16, 32]),
    ("length", &[27, 55, 110, 220, 440]),
    ("batch", &[8, 32, 128, 512, 2048]),
    ("threads", &[1, 2, 4, 8]),
];

impl Scale {
    /// Measures each point in a fresh process, since a peak of memory cannot be taken back.
    pub(crate) fn run(&self) -> Outcome {
        let mut programs = vec![("gradus", ours(&root())?)];
        if self.pytorch {
            programs.push(("pytorch", setup::peer("pytorch")?));
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut all = Vec::new();
        for (axis, values) in AXES.iter().filter(|a| self.only.is_empty() || self.only.iter().any(|o| o == a.0)) {
            let (mut time, mut memory) = (Vec::new(), Vec::new());
            for (name, command) in &programs {
                let mut points = Vec::new();
                for value in values.iter().copied().filter(|v| *axis != "threads" || *v <= cores) {
                    let answer = self.point(name, command, axis, value)?;
                    println!("{name}: {answer}");
                    points.push((value as f64, number(&answer, "us")?, number(&answer, "peak_kb")? / 1024.0));
                    all.push(json!({ "program": name, "axis": axis, "value": value, "answer": answer }));
                }
                let line = |of: fn(&(f64, f64, f64)) -> f64| Line {
                    name: (*name).to_owned(),
                    points: points.iter().map(|p| (p.0, of(p))).collect(),
                };
                time.push(line(|p| p.1));
                memory.push(line(|p| p.2));
            }
            keep(
                &self.out,
                &format!("scale-{axis}-time.svg"),
                &lines(&format!("Step time by {axis}"), axis, "us", &time),
            )?;
            let title = format!("Peak memory by {axis}");
            keep(&self.out, &format!("scale-{axis}-memory.svg"), &lines(&title, axis, "MiB", &memory))?;
        }
        keep(&self.out, "scale.json", &format!("{:#}\n", json!({ "machine": machine(), "points": all })))
    }

    fn point(&self, name: &str, command: &Command, axis: &str, value: usize) -> Outcome<Value> {
        let (threads, line) = match axis {
            "threads" => (value, "scale width 512".to_owned()),
            _ => (self.threads, format!("scale {axis} {value}")),
        };
        Program::start(name, command, threads)?.ask(&line)
    }
}

fn number(answer: &Value, key: &str) -> Outcome<f64> {
    answer[key].as_f64().ok_or_else(|| format!("no `{key}` in {answer}"))
}
