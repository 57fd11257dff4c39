//! A disk that fails, at every call in turn: nothing that was saved before is lost, and the run goes on to the same end.

use crate::resuming::{Source, best, data, left, net, run, trainer};
use crate::{folder, seeded};
use gradus_optim::Adam;
use gradus_train::checkpoint::{Disk, Native, Sink, inspect};
use gradus_train::{Checkpoints, ErrorKind};
use std::io::{Error, Result, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};

/// How a disk fails.
#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    /// One call is an error; a write that is one has written a third.
    Once,
    /// One write takes half of what it is given, and says so.
    Short,
    /// From one call on nothing can be made or written; removing and renaming still work.
    Full,
}

#[derive(Clone)]
struct Faulty {
    calls: Arc<AtomicUsize>,
    at: usize,
    how: How,
    /// The step of the last state whose folder was synced.
    saved: Arc<AtomicU64>,
    renamed: Arc<AtomicU64>,
}

impl Faulty {
    fn new(at: usize, how: How) -> Self {
        Faulty { calls: Arc::default(), at, how, saved: Arc::default(), renamed: Arc::default() }
    }

    fn fails(&self, grows: bool) -> bool {
        let call = self.calls.fetch_add(1, SeqCst);
        call == self.at || (self.how == How::Full && grows && call > self.at)
    }

    fn call(&self, grows: bool) -> Result<()> {
        if self.fails(grows) && self.how != How::Short { Err(full()) } else { Ok(()) }
    }
}

fn full() -> Error {
    Error::other("the disk is full")
}

struct FaultyFile(Box<dyn Sink>, Faulty);

impl Write for FaultyFile {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        if !self.1.fails(true) {
            return self.0.write(bytes);
        }
        if self.1.how == How::Short {
            return self.0.write(&bytes[..bytes.len().div_ceil(2)]);
        }
        self.0.write_all(&bytes[..bytes.len() / 3])?;
        Err(full())
    }
    fn flush(&mut self) -> Result<()> {
        self.1.call(true)?;
        self.0.flush()
    }
}

impl Sink for FaultyFile {
    fn sync(&mut self) -> Result<()> {
        self.1.call(true)?;
        self.0.sync()
    }
}

fn step_of(path: &Path) -> u64 {
    path.file_stem().and_then(|stem| stem.to_str()?.parse().ok()).unwrap_or(0)
}

impl Disk for Faulty {
    fn create(&self, path: &Path) -> Result<Box<dyn Sink>> {
        self.call(true)?;
        Ok(Box::new(FaultyFile(Native.create(path)?, self.clone())))
    }
    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.call(false)?;
        if to.extension().is_some_and(|end| end == "state") {
            self.renamed.store(step_of(to), SeqCst);
        }
        Native.rename(from, to)
    }
    fn sync_folder(&self, folder: &Path) -> Result<()> {
        self.call(false)?;
        Native.sync_folder(folder)?;
        self.saved.store(self.renamed.load(SeqCst), SeqCst);
        Ok(())
    }
    fn remove(&self, path: &Path) -> Result<()> {
        self.call(false)?;
        Native.remove(path)
    }
}

/// The newest step among the states of a folder that open.
fn newest(dir: &Path) -> u64 {
    let paths = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let states = paths.filter(|path| path.extension().is_some_and(|end| end == "state"));
    states.filter(|path| inspect(&std::fs::read(path).unwrap()).is_ok()).map(|path| step_of(&path)).max().unwrap_or(0)
}

#[test]
fn a_disk_that_fails_at_any_call_loses_nothing() {
    let (train, test) = (data(23), data(11));
    let straight = run(&net, &|| Adam::new(0.05), &[], &folder("sound-disk"), Source::Rows);
    let (mut calls, mut failed) = (0, 0);
    for how in [How::Once, How::Short, How::Full] {
        for at in 0.. {
            let dir = folder("faulty-disk");
            let disk = Faulty::new(at, how);
            let mut first = trainer(Adam::new(0.05), &test, &best());
            first = first.checkpoint(Checkpoints::new(&dir).every_steps(2).disk(disk.clone()));
            let outcome = first.fit(&mut net(), &train, &mut seeded(4));
            if let Err(error) = &outcome {
                failed += 1;
                assert!(how != How::Short, "call {at}: a short write is gone on with: {error}");
                assert!(error.kind() == ErrorKind::File && error.to_string().contains("disk is full"), "{error}");
            }
            // Every state that was on the disk still is, or a newer one.
            assert!(newest(&dir) >= disk.saved.load(SeqCst), "call {at}, {how:?}");
            let (mut again, best) = (net(), best());
            let mut second = trainer(Adam::new(0.05), &test, &best);
            second = second.checkpoint(Checkpoints::new(&dir)).resume(true);
            let report = second.fit(&mut again, &train, &mut seeded(4)).unwrap();
            assert_eq!(left(&again, &second, &report, &best), straight, "call {at}, {how:?}");
            if disk.calls.load(SeqCst) <= at {
                calls += at;
                break;
            }
        }
    }
    println!("{calls} calls, {failed} runs ended by a failing one");
    assert!(calls > 180 && failed > 80, "{calls} calls, {failed} failed");
}
