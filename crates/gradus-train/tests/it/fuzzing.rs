//! A seeded mutation fuzzer over a kept corpus: whatever the bytes, the readers of states and weights answer with a value or an error.
//!
//! The long form: `GRADUS_FUZZ=10000000 cargo test --release -p gradus-train --test it -- --ignored fuzz_long --nocapture`, and
//! `GRADUS_FUZZ_FORMAT=safetensors` for one format alone.

use crate::hostile::{HEADER, meta_length, sealed};
use crate::resuming::{Source, best, data, net, run, trainer};
use crate::{folder, seeded};
use gradus_optim::{Adam, Sgd};
use gradus_train::checkpoint::inspect;
use gradus_train::rand::{Rng, RngExt};
use std::ops::ControlFlow::{Break, Continue};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

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

/// The seeds of a format: files that are whole, and those kept since a run found something.
fn corpus(format: &str) -> Vec<Vec<u8>> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(format);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

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

/// Runs a reader over `runs` mutated files; it is told the seed of each, and whether to put right what a checksum covers.
fn fuzz(name: &str, runs: u64, mut read: impl FnMut(&[u8], &[u8], bool) -> bool) {
    let seeds = corpus(name);
    let (rng, before, start) = (&mut seeded(0xF022), peak(), std::time::Instant::now());
    let mut whole = 0;
    for run in 0..runs {
        let seed = &seeds[rng.random_range(0..seeds.len())];
        let bytes = mutate(seed, rng);
        let repaired = rng.random_range(0..4) > 0;
        match catch_unwind(AssertUnwindSafe(|| read(&bytes, seed, repaired))) {
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

fn all(runs: u64) {
    let only = std::env::var("GRADUS_FUZZ_FORMAT").ok();
    let wanted = |format: &str| only.as_deref().is_none_or(|only| only == format);
    if wanted("checkpoint") {
        fuzz("checkpoint", runs, |bytes, seed, repair| {
            // Three of four get a right header, so that metadata and numbers are reached.
            if repair && bytes.len() >= HEADER {
                let mut bytes = bytes.to_vec();
                bytes[..12].copy_from_slice(b"gradusTR\x01\0\0\0");
                let meta = meta_length(seed).min(bytes.len() - HEADER);
                return inspect(&sealed(bytes, meta)).is_ok();
            }
            inspect(bytes).is_ok()
        });
    }
    if wanted("safetensors") {
        let mut net = net();
        fuzz("safetensors", runs, |bytes, _, strict| gradus_nn::from_bytes(&mut net, bytes, strict).is_ok());
    }
}

/// A file that one build wrote, every later one of the same version reads: a change of the format needs another version.
#[test]
fn the_states_of_the_corpus_open() {
    let kept: Vec<_> = corpus("checkpoint").iter().filter_map(|bytes| inspect(bytes).ok()).collect();
    let mut said: Vec<_> = kept.iter().map(|s| (s.optimiser.as_str(), s.step, s.history.records().len())).collect();
    said.sort_unstable();
    assert_eq!(said, [("adam", 5, 1), ("adam", 12, 4), ("sgd", 12, 4)]);
    let mut net = net();
    for bytes in corpus("safetensors") {
        gradus_nn::from_bytes(&mut net, &bytes, true).unwrap();
    }
}

#[test]
#[ignore = "writes the whole files of the corpus: for a new version of the format"]
fn write_corpus() {
    let corpus = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let keep = |from: &Path, step: u64, name: &str| {
        for (end, format) in [("state", "checkpoint"), ("safetensors", "safetensors")] {
            std::fs::create_dir_all(corpus.join(format)).unwrap();
            let from = from.join(format!("{step:08}.{end}"));
            std::fs::copy(from, corpus.join(format).join(format!("{name}.{end}"))).unwrap();
        }
    };
    let (loader, rows, stopped) = (folder("corpus-loader"), folder("corpus-rows"), folder("corpus-stopped"));
    run(&net, &|| Adam::new(0.05), &[], &loader, Source::Shuffled);
    keep(&loader, 12, "loader");
    run(&net, &|| Sgd::new(0.2).momentum(0.9), &[], &rows, Source::Rows);
    keep(&rows, 12, "rows");
    let (test, best) = (data(11), best());
    let stop = |at: gradus_train::Step<'_, _>| if at.step == 5 { Break(()) } else { Continue(()) };
    let mut trainer = trainer(Adam::new(0.05), &test, &best).checkpoint(stopped.as_path()).on_step(stop);
    trainer.fit(&mut net(), &data(23), &mut seeded(4)).unwrap();
    keep(&stopped, 5, "mid_epoch");
}

#[test]
fn fuzz_short() {
    all(20_000);
}

#[test]
#[ignore = "long: the number of files a format is taken from GRADUS_FUZZ"]
fn fuzz_long() {
    all(std::env::var("GRADUS_FUZZ").map_or(1_000_000, |n| n.parse().unwrap()));
}
