//! State files and weights that are cut, damaged, forged or too new: each is refused with the words that belong to it.

use crate::resuming::{data, net};
use crate::{folder, seeded};
use gradus_nn::{Sequential, cross_entropy};
use gradus_optim::{Adam, Objective};
use gradus_train::checkpoint::inspect;
use gradus_train::{Checkpoints, ErrorKind, Progress, Result, Trainer};
use std::path::{Path, PathBuf};

/// Length of the header.
pub(crate) const HEADER: usize = 32;

/// A folder with one state, and the paths of its two files.
pub(crate) fn saved(name: &str) -> (PathBuf, PathBuf, PathBuf) {
    let dir = folder(name);
    resume(&dir, 1).unwrap();
    let stem = dir.join("00000006");
    (dir, stem.with_extension("state"), stem.with_extension("safetensors"))
}

fn resume(dir: &Path, epochs: u64) -> Result<()> {
    let objective = Objective::supervised(Sequential::forward, cross_entropy);
    let mut trainer = Trainer::new(objective, Adam::new(0.01)).epochs(epochs).batch_size(4).progress(Progress::Quiet);
    trainer = trainer.checkpoint(Checkpoints::new(dir)).resume(true);
    trainer.fit(&mut net(), &data(23), &mut seeded(4)).map(drop)
}

/// Length and checksum put right, so that what lies behind them is read.
pub(crate) fn sealed(mut bytes: Vec<u8>, meta: usize) -> Vec<u8> {
    let numbers = bytes.len() - HEADER - meta;
    bytes[16..24].copy_from_slice(&(meta as u64).to_le_bytes());
    bytes[24..32].copy_from_slice(&(numbers as u64).to_le_bytes());
    let sum = crc32fast::hash(&bytes[16..]).to_le_bytes();
    bytes[12..16].copy_from_slice(&sum);
    bytes
}

/// The length of the metadata that a header announces.
pub(crate) fn meta_length(bytes: &[u8]) -> usize {
    u64::from_le_bytes(bytes[16..24].try_into().unwrap()) as usize
}

/// A whole number in the variable length of the metadata, as one would forge it.
fn huge(n: u64) -> Vec<u8> {
    let mut out = vec![253];
    out.extend(n.to_le_bytes());
    out
}

/// (name, bytes of the state file, what the error says).
fn state_cases(whole: &[u8]) -> Vec<(String, Vec<u8>, ErrorKind, &'static str)> {
    let (meta, n) = (meta_length(whole), whole.len());
    let mut all: Vec<(String, Vec<u8>, ErrorKind, &'static str)> = Vec::new();
    let mut add = |name: &str, bytes: Vec<u8>, says: &'static str| {
        all.push((name.to_owned(), bytes, ErrorKind::Format, says));
    };
    let with = |at: usize, new: &[u8]| {
        let mut bytes = whole.to_vec();
        bytes[at..at + new.len()].copy_from_slice(new);
        bytes
    };
    for length in [0, 1, 7, 8, 11, 12, 16, 24, 31] {
        add(&format!("cut_in_header_{length}"), whole[..length].to_vec(), "the header alone has 32");
    }
    for length in [HEADER, HEADER + 1, HEADER + meta / 2, HEADER + meta, n - 1, n - 4] {
        add(&format!("cut_at_{length}"), whole[..length].to_vec(), "its header announces");
    }
    for extra in [1, 100, 4096] {
        add(&format!("longer_by_{extra}"), [whole, &vec![0; extra]].concat(), "its header announces");
    }
    add("twice", [whole, whole].concat(), "its header announces");
    for (name, magic) in
        [("text", b"{\"step\":"), ("zip", b"PK\x03\x04\x14\0\0\0"), ("zeros", &[0; 8]), ("case", b"GRADUStr")]
    {
        add(&format!("magic_{name}"), with(0, magic), "does not begin as one");
    }
    add("version_0", with(8, &[0; 4]), "its version is 0");
    for (name, length) in
        [("0", 0), ("one_more", meta as u64 + 1), ("4_gib", 1 << 32), ("max", u64::MAX), ("half", 1 << 63)]
    {
        add(&format!("meta_length_{name}"), with(16, &length.to_le_bytes()), "its header announces");
        add(&format!("numbers_length_{name}"), with(24, &length.to_le_bytes()), "its header announces");
    }
    add(
        "lengths_wrap_around",
        with(16, &[(meta as u64 + 8).to_le_bytes(), (u64::MAX - 7).to_le_bytes()].concat()),
        "announces",
    );
    add("checksum_0", with(12, &[0; 4]), "the checksum differs");
    for i in 0..24 {
        let at = HEADER + i * (n - HEADER) / 24;
        add(&format!("bit_flipped_at_{at}"), with(at, &[whole[at] ^ (1 << (i % 8))]), "the checksum differs");
    }
    // Behind a right checksum.
    let head = |meta: Vec<u8>, numbers: &[u8]| sealed([&whole[..HEADER], &meta, numbers].concat(), meta.len());
    let (body, numbers) = whole[HEADER..].split_at(meta);
    add("no_metadata", head(Vec::new(), numbers), "not a whole training state");
    add("no_numbers", head(body.to_vec(), &[]), "bytes are there");
    add("half_the_numbers", head(body.to_vec(), &numbers[..numbers.len() / 2]), "bytes are there");
    add("a_number_too_few", head(body.to_vec(), &numbers[4..]), "bytes are there");
    add("a_number_too_many", head(body.to_vec(), &[numbers, &[0; 4]].concat()), "numbers are left over");
    add("metadata_and_a_byte", head([body, &[0]].concat(), numbers), "1 bytes of metadata are left over");
    for i in 1..16 {
        let length = i * meta / 16;
        add(&format!("metadata_cut_at_{length}"), head(body[..length].to_vec(), numbers), "not a whole training state");
    }
    // The first field is the name of the type: a length, then text.
    for n in [1_u64 << 20, 1 << 32, 1 << 40, 1 << 62, u64::MAX] {
        add(
            &format!("string_of_{n}"),
            head([huge(n), body[1..].to_vec()].concat(), numbers),
            "not a whole training state",
        );
    }
    add("string_not_utf8", head([&[3, 0xff, 0xfe, 0xfd], &body[4..]].concat(), numbers), "not a whole training state");
    add("metadata_of_zeros", head(vec![0; meta], numbers), "not a whole training state");
    add("metadata_of_ones", head(vec![0xff; meta], numbers), "not a whole training state");
    add("metadata_over_the_limit", head(vec![0; (8 << 20) + 1], numbers), "bytes of metadata, at most");
    add("metadata_is_json", head(b"{\"dtype\": \"f32\", \"run\": {}}".to_vec(), numbers), "not a whole training state");
    for version in [2_u32, 3, 1 << 16, u32::MAX] {
        let bytes = with(8, &version.to_le_bytes());
        all.push((format!("version_{version}"), bytes, ErrorKind::Version, "this build reads up to 1: update it"));
    }
    let other_type = head([b"\x03f64", &body[4..]].concat(), numbers);
    all.push(("of_doubles".into(), other_type, ErrorKind::Mismatch, "was saved from a net of f64, this one is of f32"));
    all
}

#[test]
fn hostile_states_are_refused_in_words() {
    let (dir, state, _) = saved("hostile-states");
    let whole = std::fs::read(&state).unwrap();
    let cases = state_cases(&whole);
    assert!(cases.len() >= 90, "{} cases", cases.len());
    for (name, bytes, kind, says) in cases {
        std::fs::write(&state, &bytes).unwrap();
        let error = resume(&dir, 2).expect_err(&name);
        assert!(error.kind() == kind && error.to_string().contains(says), "{name}: {:?} {error}", error.kind());
        if kind != ErrorKind::Mismatch {
            inspect(&bytes).expect_err(&name);
        }
    }
    std::fs::write(&state, &whole).unwrap();
    assert_eq!(inspect(&whole).unwrap().step, 6);
    resume(&dir, 2).unwrap();
}

#[test]
fn hostile_weights_are_refused_in_words() {
    let (dir, _, weights) = saved("hostile-weights");
    let whole = std::fs::read(&weights).unwrap();
    let header = u64::from_le_bytes(whole[..8].try_into().unwrap());
    let with_length = |n: u64| [&n.to_le_bytes(), &whole[8..]].concat();
    let json = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes(), &[0; 64]].concat();
    let tensor = |shape: &str, offsets: &str| {
        json(&format!("{{\"w\":{{\"dtype\":\"F32\",\"shape\":{shape},\"data_offsets\":{offsets}}}}}"))
    };
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("cut_in_the_length", whole[..5].to_vec()),
        ("cut_in_the_header", whole[..40].to_vec()),
        ("cut_in_the_numbers", whole[..whole.len() - 1].to_vec()),
        ("longer", [&whole[..], &[0; 8]].concat()),
        ("header_of_0", with_length(0)),
        ("header_one_shorter", with_length(header - 1)),
        ("header_of_4_gib", with_length(1 << 32)),
        ("header_max", with_length(u64::MAX)),
        ("not_json", json("weights")),
        ("json_deep", json(&"[".repeat(10_000))),
        ("not_utf8", [&8_u64.to_le_bytes()[..], &[0xff; 8]].concat()),
        ("shape_overflows", tensor("[9223372036854775807,9]", "[0,64]")),
        ("shape_of_an_exabyte", tensor("[288230376151711744]", "[0,64]")),
        ("shape_negative", tensor("[-4]", "[0,64]")),
        ("offsets_backwards", tensor("[16]", "[64,0]")),
        ("offsets_beyond_the_file", tensor("[16]", "[0,640]")),
        ("offsets_overflow", tensor("[16]", "[18446744073709551615,64]")),
        ("dtype_unknown", json("{\"w\":{\"dtype\":\"F7\",\"shape\":[16],\"data_offsets\":[0,64]}}")),
    ];
    for (name, bytes) in cases {
        std::fs::write(&weights, &bytes).unwrap();
        // In the folder the checksum of the state finds it out; alone, the reader of weights itself does.
        let error = resume(&dir, 2).expect_err(name);
        assert!(
            error.kind() == ErrorKind::Format && error.to_string().contains("is not the weights file"),
            "{name}: {error}"
        );
        let error = gradus_nn::load(&mut net(), &weights, true).expect_err(name);
        assert!(error.to_string().starts_with("cannot read "), "{name}: {error}");
    }
}

#[test]
fn a_damaged_newest_state_falls_back_to_the_one_before() {
    let (dir, _, _) = saved("fallback");
    resume(&dir, 3).unwrap();
    let newest = dir.join("00000018.state");
    let mut bytes = std::fs::read(&newest).unwrap();
    bytes.truncate(bytes.len() - 3);
    std::fs::write(&newest, bytes).unwrap();
    resume(&dir, 3).unwrap();
    assert_eq!(inspect(&std::fs::read(&newest).unwrap()).unwrap().step, 18);
    for entry in std::fs::read_dir(&dir).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    resume(&dir, 1).unwrap();
}
