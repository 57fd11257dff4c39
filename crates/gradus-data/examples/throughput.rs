//! Samples a second through the loader, in memory and from CSV, and the peak memory of a long CSV stream.
//!
//! ```text
//! cargo run --release -p gradus-data --example throughput -- memory 2     # workers
//! cargo run --release -p gradus-data --example throughput -- csv FILE
//! cargo run --release -p gradus-data --example throughput -- write FILE ROWS
//! ```
//! Prints one line of JSON. `benches/peers/dataloader.py` runs it in turns with PyTorch's DataLoader.

use std::io::Write;
use std::time::Instant;

use gradus_data::csv::Csv;
use gradus_data::ndarray::{Array1, Array2};
use gradus_data::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus_data::{Loader, Supervised, prefetch};

const BATCH: usize = 64;
const COLUMNS: usize = 21;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["memory", workers] => memory(workers.parse()?),
        ["csv", file] => csv(file),
        ["write", file, rows] => write(file, rows.parse()?),
        _ => Err("expected: memory WORKERS | csv FILE | write FILE ROWS".into()),
    }
}

/// 60,000 samples of 784 numbers, shuffled, in batches of 64: the better of three epochs.
fn memory(workers: usize) -> Result<(), Box<dyn std::error::Error>> {
    let n = 60_000;
    let set = Supervised::new(Array2::<f32>::from_elem((n, 784), 0.5), Array1::from_iter((0..n).map(|i| i % 10)));
    let mut loader = Loader::new(set, BATCH, &mut Xoshiro256PlusPlus::seed_from_u64(0)).workers(workers);
    let mut best = f64::INFINITY;
    let mut sum = 0.0;
    for _ in 0..3 {
        let start = Instant::now();
        for batch in loader.epoch()? {
            let batch = batch?.data;
            sum += batch.x[[0, 0]] + batch.y[0] as f32; // so that nothing is optimised away
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!("{{\"samples_per_second\": {:.0}, \"check\": {sum}}}", n as f64 / best);
    Ok(())
}

/// The whole file in blocks of 64 rows, parsed by a thread that runs ahead.
fn csv(file: &str) -> Result<(), Box<dyn std::error::Error>> {
    let names: Vec<String> = (0..COLUMNS).map(|column| format!("c{column}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let start = Instant::now();
    let (mut rows, mut sum) = (0, 0.0);
    for block in prefetch(Csv::new().stream::<f32>(file, &names)?.blocks(BATCH), 8) {
        let block = block?;
        rows += block.nrows();
        sum += block[[0, 0]];
    }
    let seconds = start.elapsed().as_secs_f64();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0").trim();
    let peak: f64 = peak.trim_end_matches(" kB").trim().parse::<f64>()? / 1024.0;
    println!(
        "{{\"samples_per_second\": {:.0}, \"rows\": {rows}, \"peak_rss_mib\": {peak:.1}, \"check\": {sum}}}",
        rows as f64 / seconds
    );
    Ok(())
}

fn write(file: &str, rows: usize) -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::BufWriter::new(std::fs::File::create(file)?);
    let names: Vec<String> = (0..COLUMNS).map(|column| format!("c{column}")).collect();
    writeln!(out, "{}", names.join(","))?;
    for row in 0..rows {
        for column in 0..COLUMNS - 1 {
            write!(out, "{:.4},", ((row * 31 + column * 17) % 1999) as f32 / 100.0 - 10.0)?;
        }
        writeln!(out, "{}", row % 10)?;
    }
    out.flush()?;
    Ok(())
}
