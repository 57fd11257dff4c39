//! A folder of named hostile files, each with the error that it must bring (`tests/hostile/EXPECTED.tsv`).

use std::path::Path;

use gradus_data::csv::{Csv, Type};
use gradus_data::ndarray::IxDyn;
use gradus_data::{Error, idx, npy, npz::Npz};

use crate::memory;

fn read(path: &Path) -> Result<(), Error> {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    match name.split('_').next().unwrap() {
        "npy" => npy::read::<f64, IxDyn>(path).map(drop),
        "npz" => Npz::open(path)?.get::<f64, IxDyn>("x").map(drop),
        "idx" => idx::read::<u8, IxDyn>(path).map(drop),
        "csv" => Csv::new().max_record(1 << 16).column("n", Type::Number).read(path).map(drop),
        other => panic!("no reader for {other}"),
    }
}

#[test]
fn every_hostile_file_brings_its_error() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile");
    let expected = std::fs::read_to_string(folder.join("EXPECTED.tsv")).unwrap();
    let before = memory::peak();
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in expected.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, kind, piece] = fields[..] else { panic!("three fields in {line:?}") };
        count += 1;
        match read(&folder.join(name)) {
            Ok(()) => wrong.push(format!("{name}: was read")),
            Err(error) => {
                if format!("{:?}", error.kind()) != kind || !error.to_string().contains(piece) {
                    wrong.push(format!("{name}: expected {kind} with {piece:?}, got {:?}: {error}", error.kind()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 100, "{count} files");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), count + 1, "a file without a line in EXPECTED.tsv");
    if let (Some(before), Some(now)) = (before, memory::peak()) {
        assert!(now.1.saturating_sub(before.1) < 256 << 20, "memory: {before:?} before, {now:?} now");
    }
}
