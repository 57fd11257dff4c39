//! A stream over a large file holds no more memory than one over a small one. Measured in a process of its own, by the most memory
//! that it ever held.

use std::io::{BufWriter, Write};
use std::path::Path;

use gradus_data::csv::Csv;

use crate::{Scratch, memory};

/// Megabytes of the large file, and what its stream may hold more than that of a small one.
const MEGABYTES: u64 = 48;
const MORE: u64 = 4 << 20;

/// Writes rows of eight numbers until the file is so large; their number and the sum of the first column.
fn write(path: &Path, bytes: u64) -> (u64, f64) {
    let mut file = BufWriter::new(std::fs::File::create(path).unwrap());
    let (mut written, mut rows, mut sum) = (0, 0_u64, 0.0);
    writeln!(file, "a,b,c,d,e,f,g,h").unwrap();
    while written < bytes {
        let line = format!("{rows},0.5,-1.25e-3,17.75,3.0625,99.9,0.001,{}\n", rows % 7);
        file.write_all(line.as_bytes()).unwrap();
        (written, sum, rows) = (written + line.len() as u64, sum + rows as f64, rows + 1);
    }
    file.flush().unwrap();
    (rows, sum)
}

#[test]
#[ignore = "the other process of the test below"]
fn child() {
    let Ok(path) = std::env::var("GRADUS_STREAM_FILE") else { return };
    let (mut rows, mut sum) = (0_u64, 0.0);
    let mut stream = Csv::new().stream::<f64>(Path::new(&path), &["a", "h"]).unwrap();
    while let Some(block) = stream.next_block(1024).unwrap() {
        (rows, sum) = (rows + block.nrows() as u64, sum + block.column(0).sum());
    }
    let held = memory::peak().map_or(0, |peak| peak.1);
    println!("\nstreamed {rows} {sum} {held}");
}

/// Rows, sum, and the most memory of a process that streams this file.
fn streamed(path: &Path) -> (u64, f64, u64) {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["streaming::child", "--exact", "--ignored", "--nocapture"])
        .env("GRADUS_STREAM_FILE", path)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("streamed ")).unwrap_or_else(|| panic!("{text}"));
    let fields: Vec<&str> = line.split(' ').collect();
    (fields[0].parse().unwrap(), fields[1].parse().unwrap(), fields[2].parse().unwrap())
}

#[test]
fn memory_does_not_grow_with_the_file() {
    let scratch = Scratch::new("streaming");
    let (small, large) = (scratch.0.join("small.csv"), scratch.0.join("large.csv"));
    let wanted = [write(&small, 1 << 16), write(&large, MEGABYTES << 20)];
    let [a, b] = [streamed(&small), streamed(&large)];
    assert_eq!([(a.0, a.1), (b.0, b.1)], wanted);
    println!("{} KiB over 64 KiB of text, {} KiB over {MEGABYTES} MiB", a.2 >> 10, b.2 >> 10);
    assert!(b.2 <= a.2 + MORE, "{} bytes over the small file, {} over the large one", a.2, b.2);
}
