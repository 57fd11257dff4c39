//! The conversation of benches/README.md for the Rust peers: a line in, a line of JSON out.

#[path = "../../../../stream.rs"]
pub mod stream;

use std::io::{BufRead, Write};
use std::time::Instant;

use serde_json::json;

/// A prepared workload.
pub struct Work {
    /// One step; the numbers are there when it returns.
    pub step: Box<dyn FnMut()>,
    /// The loss, where there is one.
    pub loss: Box<dyn FnMut() -> Option<f64>>,
}

/// Makes a workload; the flag says whether dropout is on.
pub type Make = fn(bool) -> Work;

/// Weight `[n_out, fan_in]` of stream `s`, normal / √fan_in.
pub fn weight(s: u64, n_out: usize, fan_in: usize) -> Vec<f32> {
    stream::normals(s, n_out * fan_in, (fan_in as f64).sqrt().recip())
}

/// Answers lines until the input ends; the number is that of the ops in a step, by which its time is divided.
pub fn serve(list: &[(&str, u32, Make)]) {
    let mut held: Option<(String, Work)> = None;
    say(&"ready".to_owned());
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let (verb, name) = line.split_once(' ').unwrap_or((line.as_str(), ""));
        let make = list.iter().find(|w| w.0 == name).map(|w| (w.1, w.2));
        let answer = match (verb, make) {
            ("quit", _) => return,
            ("list", _) => json!(list.iter().map(|w| w.0).collect::<Vec<_>>()),
            ("run", Some((ops, make))) => {
                if held.as_ref().is_none_or(|h| h.0 != name) {
                    held = None;
                }
                let work = held.get_or_insert_with(|| (name.to_owned(), make(true)));
                json!({ "workload": name, "us": median_us(&mut work.1.step) / f64::from(ops) })
            }
            ("loss", Some((_, make))) => {
                let mut work = make(false);
                (0..5).for_each(|_| (work.step)());
                json!({ "workload": name, "loss5": (work.loss)() })
            }
            _ => json!({ "workload": name, "error": format!("no such line: {line}") }),
        };
        say(&answer);
    }
}

fn say(answer: &impl ToString) {
    println!("{}", answer.to_string().trim_matches('"'));
    std::io::stdout().flush().expect("the other end listens");
}

/// Median over at least 5 batches of at least 10 ms, in microseconds a step.
fn median_us(step: &mut dyn FnMut()) -> f64 {
    let (start, mut count) = (Instant::now(), 0);
    while count < 3 || start.elapsed().as_secs_f64() < 0.1 {
        step();
        count += 1;
    }
    let k = ((0.010 * f64::from(count) / start.elapsed().as_secs_f64()).round() as usize).max(1);
    let (mut times, begin) = (Vec::new(), Instant::now());
    while times.len() < 5 || (begin.elapsed().as_secs_f64() < 0.1 && times.len() < 50) {
        let from = Instant::now();
        (0..k).for_each(|_| step());
        times.push(from.elapsed().as_secs_f64() / k as f64);
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2] * 1e6
}
