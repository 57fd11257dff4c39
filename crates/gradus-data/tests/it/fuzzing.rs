//! A seeded mutation fuzzer over a kept corpus: whatever the bytes, a reader answers with a value or an error, never with
//! a panic, and allocates no more than a bound.
//!
//! The long form: `GRADUS_FUZZ=10000000 cargo test --release -p gradus-data --test it -- --ignored fuzz`, and
//! `GRADUS_FUZZ_FORMAT=csv` for one format alone.

use std::path::PathBuf;

use gradus_data::csv::{Csv, Type};
use gradus_data::ndarray::IxDyn;
use gradus_data::rand::{Rng, RngExt};
use gradus_data::{Kind, idx, npy, npz::Npz};

use crate::{fixture, memory, seeded};

/// No reader may hold more than this at once, of address space or of memory.
const MEMORY: u64 = 256 << 20;

/// The seeds of a format: stored files that are whole, and those kept since a run found something.
fn corpus(format: &str) -> Vec<Vec<u8>> {
    let kept = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(format);
    let mut files: Vec<PathBuf> = std::fs::read_dir(kept).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.extend(std::fs::read_dir(fixture("")).unwrap().map(|entry| entry.unwrap().path()));
    files.retain(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        path.components().any(|c| c.as_os_str() == "corpus") || name.contains(&format!(".{format}"))
    });
    files.sort();
    files.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// What is often decisive: sizes at the edge, magic numbers, delimiters.
const WORDS: &[&[u8]] = &[
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\0\0\0\0",
    b"\x80\0\0\0",
    b"18446744073709551615",
    b"9223372036854775807",
    b"'descr': '<f8'",
    b"'shape': (",
    b"True",
    b"False",
    b"\x93NUMPY",
    b"\x01\x00",
    b"\x03\x00",
    b"\"",
    b",",
    b"\n",
    b"\r\n",
    b"\"\"",
    b"NaN",
    b"1e999",
    b"\xef\xbb\xbf",
    b"PK\x05\x06",
    b"PK\x01\x02",
    b"PK\x03\x04",
    b"\x1f\x8b\x08",
    b"\0\0\x08\x03",
];

fn mutate(seed: &[u8], other: &[u8], rng: &mut impl Rng) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..rng.random_range(1..4) {
        let at = rng.random_range(0..=bytes.len());
        let to = rng.random_range(at..=bytes.len().min(at + 24));
        match rng.random_range(0..8) {
            0 => bytes.truncate(at),
            1 if at < bytes.len() => bytes[at] ^= 1 << rng.random_range(0..8),
            2 if at < bytes.len() => bytes[at] = rng.random(),
            3 => drop(bytes.splice(at..to, WORDS[rng.random_range(0..WORDS.len())].iter().copied())),
            4 => drop(bytes.drain(at..to)),
            5 => {
                let part = bytes[at..to].to_vec();
                drop(bytes.splice(at..at, part));
            }
            6 => {
                let from = rng.random_range(0..=other.len());
                bytes.truncate(at);
                bytes.extend(&other[from..]);
            }
            _ => {
                let noise: Vec<u8> = (0..rng.random_range(0..9)).map(|_| rng.random()).collect();
                drop(bytes.splice(at..at, noise));
            }
        }
    }
    bytes.truncate(1 << 14);
    bytes
}

/// Runs a reader over `runs` mutated files; gives the number of files that were read whole.
fn fuzz(format: &str, runs: u64, alone: bool, read: impl Fn(&[u8]) -> Result<(), Kind>) -> u64 {
    let seeds = corpus(format);
    assert!(seeds.len() >= 2, "a corpus for {format}");
    let rng = &mut seeded(0xF022);
    let mut whole = 0;
    let before = memory::peak();
    for run in 0..runs {
        let seed = &seeds[rng.random_range(0..seeds.len())];
        let other = &seeds[rng.random_range(0..seeds.len())];
        let bytes = mutate(seed, other, rng);
        let answer = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| read(&bytes)));
        if answer.is_err() {
            let path = std::env::temp_dir().join(format!("gradus-fuzz-{format}-{run}"));
            std::fs::write(&path, &bytes).unwrap();
            panic!("{format}: run {run} panicked; the file is kept as {}", path.display());
        }
        whole += u64::from(matches!(answer, Ok(Ok(()))));
        let look = run % 500 == 499 || run + 1 == runs;
        if look && let (Some(before), Some(now)) = (before, memory::peak()) {
            // Other tests, in threads of their own, take address space too: it counts where this one runs alone.
            let space = if alone { now.0.saturating_sub(before.0) } else { 0 };
            assert!(
                space.max(now.1.saturating_sub(before.1)) <= MEMORY,
                "{format}: one of the 500 runs to {run} took more than {MEMORY} bytes: {before:?} before, {now:?} now"
            );
        }
    }
    whole
}

fn read_npy(bytes: &[u8]) -> Result<(), Kind> {
    let first = npy::parse::<f64, IxDyn>(bytes).map(drop).map_err(|e| e.kind());
    // Another type reads as far as the header; the same file as bytes goes on to the values.
    npy::parse::<u8, IxDyn>(bytes).map(drop).map_err(|e| e.kind()).or(first)
}

fn read_npz(bytes: &[u8]) -> Result<(), Kind> {
    let mut file = Npz::new(std::io::Cursor::new(bytes)).map_err(|e| e.kind())?;
    let names: Vec<String> = file.names().into_iter().take(4).map(String::from).collect();
    for name in names {
        file.get::<f64, IxDyn>(&name).map_err(|e| e.kind())?;
    }
    Ok(())
}

fn read_idx(bytes: &[u8]) -> Result<(), Kind> {
    idx::parse::<f32, IxDyn>(bytes)
        .map(drop)
        .or_else(|_| idx::parse::<u8, IxDyn>(bytes).map(drop))
        .map_err(|e| e.kind())
}

fn read_csv(bytes: &[u8]) -> Result<(), Kind> {
    let table = Csv::new().max_record(1 << 12).parse(bytes).map_err(|e| e.kind())?;
    let names: Vec<String> = table.names().map(String::from).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    table.matrix::<f32>(&names).map_err(|e| e.kind())?;
    if let Some(first) = names.first() {
        let _ = table.labels(first);
        let typed = Csv::new().header(false).column("0", Type::Number).parse(bytes);
        let _ = typed.map_err(|e| e.to_string());
    }
    Ok(())
}

fn all(runs: u64, alone: bool) {
    let formats: [(&str, fn(&[u8]) -> Result<(), Kind>); 4] =
        [("npy", read_npy), ("npz", read_npz), ("idx", read_idx), ("csv", read_csv)];
    let only = std::env::var("GRADUS_FUZZ_FORMAT").ok();
    for (format, read) in formats.into_iter().filter(|(format, _)| only.as_deref().is_none_or(|only| only == *format)) {
        let start = std::time::Instant::now();
        let whole = fuzz(format, runs, alone, read);
        println!("{format}: {runs} files, {whole} of them whole, {:.0} s", start.elapsed().as_secs_f64());
        // A fuzzer whose files are all refused at the door, or none, tests nothing behind it.
        assert!(whole > runs / 100 && whole < runs, "{format}: {whole} of {runs} whole");
    }
}

#[test]
fn fuzz_short() {
    all(3_000, false);
}

#[test]
#[ignore = "long: the number of files a format is taken from GRADUS_FUZZ"]
fn fuzz_long() {
    all(std::env::var("GRADUS_FUZZ").map_or(1_000_000, |n| n.parse().unwrap()), true);
}
