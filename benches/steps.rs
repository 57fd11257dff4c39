//! gradus as a program that runs workloads when it is told to: the conversation of README.md.

use gradus::kernels::threads::set_threads;
use gradus_benches::workloads::{Purpose, Row, Work, all, scale};
use serde_json::{Value, json};
use std::io::{BufRead, Write};
use std::time::Instant;

fn main() {
    let flags: Vec<String> = std::env::args().collect();
    let flag = |name: &str| flags.iter().position(|f| f == name).and_then(|i| flags.get(i + 1));
    let threads = flag("--threads").map_or(1, |n| n.parse().expect("steps: --threads takes a number"));
    set_threads(threads);
    match flag("--json") {
        Some(path) => {
            let all: Vec<Value> = all().map(|row| alone(row, threads)).collect();
            let text = serde_json::to_string_pretty(&all).expect("numbers and names");
            std::fs::write(path, text + "\n").unwrap_or_else(|e| panic!("steps: {path}: {e}"));
        }
        None => converse(),
    }
}

/// A row without the conversation, printed as well.
fn alone(&(name, ops, make): &Row, threads: usize) -> Value {
    let (us, loss5) = (median_us(&mut *make(Purpose::Time)) / f64::from(ops), loss5(make));
    println!("{name:20} {us:12.2} us");
    json!({ "workload": name, "threads": threads, "us": us, "loss5": loss5 })
}

/// Answers lines until the input ends.
fn converse() {
    let mut held: Option<(&str, Box<dyn Work>)> = None;
    say("ready");
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let row = words.get(1).and_then(|name| all().find(|row| row.0 == *name));
        let answer = match (words.as_slice(), row) {
            (["quit"], _) => return,
            (["list"], _) => json!(all().map(|row| row.0).collect::<Vec<_>>()),
            (["run", _], Some(&(name, ops, make))) => {
                if held.as_ref().is_none_or(|h| h.0 != name) {
                    held = None;
                }
                let (_, work) = held.get_or_insert_with(|| (name, make(Purpose::Time)));
                json!({ "workload": name, "us": median_us(&mut **work) / f64::from(ops) })
            }
            (["loss", _], Some(&(name, _, make))) => json!({ "workload": name, "loss5": loss5(make) }),
            (["scale", axis, value], _) => match value.parse().ok().and_then(|v| scale(axis, v).map(|w| (v, w))) {
                Some((value, mut work)) => {
                    let us = median_us(&mut *work);
                    json!({ "axis": axis, "value": value, "us": us, "peak_kb": peak_kb() })
                }
                None => json!({ "error": format!("no such axis or value: {line}") }),
            },
            (["run" | "loss", name], None) => json!({ "workload": name, "error": "no such workload" }),
            _ => json!({ "error": format!("no such line: {line}") }),
        };
        say(&answer.to_string());
    }
}

fn say(answer: &str) {
    println!("{answer}");
    std::io::stdout().flush().expect("the other end listens");
}

/// The loss after five steps from the common start.
fn loss5(make: fn(Purpose) -> Box<dyn Work>) -> Option<f64> {
    let mut work = make(Purpose::Loss);
    (0..5).for_each(|_| work.step());
    work.loss()
}

/// Median over at least 5 batches of at least 10 ms, in microseconds a step.
fn median_us(work: &mut dyn Work) -> f64 {
    let (start, mut count) = (Instant::now(), 0);
    while count < 3 || start.elapsed().as_secs_f64() < 0.1 {
        work.step();
        count += 1;
    }
    let k = ((0.010 * f64::from(count) / start.elapsed().as_secs_f64()).round() as usize).max(1);
    let (mut times, begin) = (Vec::new(), Instant::now());
    while times.len() < 5 || (begin.elapsed().as_secs_f64() < 0.1 && times.len() < 50) {
        let from = Instant::now();
        (0..k).for_each(|_| work.step());
        times.push(from.elapsed().as_secs_f64() / k as f64);
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2] * 1e6
}

/// Largest resident memory of this process; `None` where the system does not say.
fn peak_kb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
}
