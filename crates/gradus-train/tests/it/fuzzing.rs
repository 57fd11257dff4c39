//! A seeded mutation fuzzer: whatever the bytes, the readers of states and weights answer with a value or an error.
//!
//! The long form: `GRADUS_FUZZ=10000000 cargo test --release -p gradus-train --test it -- --ignored fuzz_long --nocapture`.

use crate::hostile::{HEADER, meta_length, saved, sealed};
use crate::resuming::net;
use crate::seeded;
use gradus_train::checkpoint::inspect;
use gradus_train::rand::{Rng, RngExt};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// No reader may take more memory than this.
const MEMORY: u64 = 256 << 20;

/// What is often decisive: lengths at the edge, the codes of long numbers, the words of the formats.
const WORDS: &[&[u8]] = &[
    &[0xff; 8],
    &[0; 8],
    &[253, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    &[252, 0xff, 0xff, 0xff, 0xff],
    &[251, 0xff, 0xff],
    &[0, 0, 0, 0, 1, 0, 0, 0],
    b"gradusTR",
    b"\x03f32",
    b"\"data_offsets\":[0,64]",
    b"\"shape\":[4294967296,4294967296]",
    b"18446744073709551615",
    b"{",
    b"}",
];

fn mutate(seed: &[u8], rng: &mut impl Rng) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..rng.random_range(1..4) {
        let at = rng.random_range(0..=bytes.len());
        let to = rng.random_range(at..=bytes.len().min(at + 16));
        match rng.random_range(0..7) {
            0 => bytes.truncate(at),
            1 if at < bytes.len() => bytes[at] ^= 1 << rng.random_range(0..8),
            2 if at < bytes.len() => bytes[at] = rng.random(),
            3 => drop(bytes.splice(at..to, WORDS[rng.random_range(0..WORDS.len())].iter().copied())),
            4 => drop(bytes.drain(at..to)),
            5 => {
                let part = bytes[at..to].to_vec();
                drop(bytes.splice(at..at, part));
            }
            _ => drop(bytes.splice(at..at, [rng.random::<u8>(), rng.random()])),
        }
    }
    bytes
}

/// The most memory that this process has ever held, where the system says so.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()? << 10)
}

fn fuzz(name: &str, seeds: &[Vec<u8>], runs: u64, mut read: impl FnMut(&[u8], bool) -> bool) {
    let (rng, before, start) = (&mut seeded(0xF022), peak(), std::time::Instant::now());
    let mut whole = 0;
    for run in 0..runs {
        let bytes = mutate(&seeds[rng.random_range(0..seeds.len())], rng);
        let repaired = rng.random_range(0..4) > 0;
        match catch_unwind(AssertUnwindSafe(|| read(&bytes, repaired))) {
            Ok(read) => whole += u64::from(read),
            Err(_) => {
                let path = std::env::temp_dir().join(format!("gradus-fuzz-{name}-{run}"));
                std::fs::write(&path, &bytes).unwrap();
                panic!("{name}: run {run} panicked; the file is kept as {}", path.display());
            }
        }
    }
    if let (Some(before), Some(now)) = (before, peak()) {
        assert!(now - before <= MEMORY, "{name}: {} bytes more than before", now - before);
    }
    println!("{name}: {runs} files, {whole} of them whole, {:.0} s", start.elapsed().as_secs_f64());
    // A fuzzer whose files are all refused at the door, or none, tests nothing behind it.
    assert!(whole > runs / 200 && whole < runs, "{name}: {whole} of {runs} whole");
}

fn all(runs: u64, tag: &str) {
    let (_, state, weights) = saved(&format!("fuzz-{tag}"));
    let (state, weights) = (std::fs::read(state).unwrap(), std::fs::read(weights).unwrap());
    let meta = meta_length(&state);
    fuzz("checkpoint", &[state], runs, |bytes, repair| {
        // Three of four get a right header, so that metadata and numbers are reached.
        if repair && bytes.len() >= HEADER {
            let mut bytes = bytes.to_vec();
            bytes[..12].copy_from_slice(b"gradusTR\x01\0\0\0");
            let meta = meta.min(bytes.len() - HEADER);
            return inspect(&sealed(bytes, meta)).is_ok();
        }
        inspect(bytes).is_ok()
    });
    let mut net = net();
    fuzz("safetensors", &[weights], runs, |bytes, strict| gradus_nn::from_bytes(&mut net, bytes, strict).is_ok());
}

#[test]
fn fuzz_short() {
    all(20_000, "short");
}

#[test]
#[ignore = "long: the number of files a format is taken from GRADUS_FUZZ"]
fn fuzz_long() {
    all(std::env::var("GRADUS_FUZZ").map_or(1_000_000, |n| n.parse().unwrap()), "long");
}
