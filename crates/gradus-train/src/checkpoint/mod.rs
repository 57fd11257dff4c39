//! Checkpoints: the newest states of a run in a folder, each a weights file and a state file that names it.
//!
//! `00000120.safetensors` holds weights and buffers; `00000120.state` the place in the data, generator, optimiser, schedule,
//! averages, what callbacks remember, the history, and length and checksum of the weights. Both are written beside their
//! place, synced and renamed; the state comes last: a state that opens belongs to weights that are whole, and until it is
//! there the one before is untouched.

mod disk;
mod frame;
mod meta;

pub use disk::{Disk, Native, Sink};
pub(crate) use meta::Meta;

use crate::error::{Error, ErrorKind, Result};
use crate::goal::Goal;
use crate::history::History;
use gradus_nn::init::Real as _;
use gradus_tensor::{Buffer, Module, Real, Tensor, Visitor};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where and when a run saves itself: after every epoch, when it is stopped, and every so many steps if wanted.
///
/// ```no_run
/// use gradus_train::{Checkpoints, Goal};
/// let checkpoints = Checkpoints::new("runs/digits").every_steps(500).best(Goal::rising("accuracy"));
/// ```
#[derive(Clone)]
pub struct Checkpoints {
    dir: PathBuf,
    keep: usize,
    every: Option<u64>,
    best: Option<Goal>,
    disk: Arc<dyn Disk>,
}

impl std::fmt::Debug for Checkpoints {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut all = f.debug_struct("Checkpoints");
        all.field("dir", &self.dir).field("keep", &self.keep).field("every", &self.every).finish_non_exhaustive()
    }
}

impl<P: Into<PathBuf>> From<P> for Checkpoints {
    fn from(dir: P) -> Self {
        Checkpoints::new(dir)
    }
}

impl Checkpoints {
    /// In this folder, which is made if need be; the newest two are kept.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Checkpoints { dir: dir.into(), keep: 2, every: None, best: None, disk: Arc::new(Native) }
    }

    /// Saves after every so many optimiser steps too.
    #[must_use]
    pub fn every_steps(mut self, steps: u64) -> Self {
        self.every = Some(steps);
        self
    }

    /// Keeps so many of the newest; at least two, the newest and the one before.
    #[must_use]
    pub fn keep(mut self, states: usize) -> Self {
        self.keep = states.max(2);
        self
    }

    /// Keeps the weights of the best epoch as `best.safetensors` (their averages, where the trainer averages).
    #[must_use]
    pub fn best(mut self, goal: Goal) -> Self {
        self.best = Some(goal);
        self
    }

    /// Writes through another file system.
    #[must_use]
    pub fn disk(mut self, disk: impl Disk + 'static) -> Self {
        self.disk = Arc::new(disk);
        self
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether a save is due after this many steps.
    pub(crate) fn due(&self, step: u64) -> bool {
        self.every.is_some_and(|n| n > 0 && step.is_multiple_of(n))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        disk::replace(&*self.disk, path, bytes).map_err(|e| failed("write", path, e))
    }

    /// Writes a state and drops what is older than the newest ones.
    pub(crate) fn save<N: Module>(&self, net: &N, mut meta: Meta) -> Result<PathBuf> {
        std::fs::create_dir_all(&self.dir).map_err(|e| failed("make the folder", &self.dir, e))?;
        let weights = self.dir.join(format!("{:08}.safetensors", meta.run.step));
        let bytes = gradus_nn::to_bytes(net)?;
        let mut updates = Updates(Vec::new());
        net.visit(&mut updates);
        meta.updates = updates.0;
        let (meta, numbers) = meta.with_weights(&bytes).encode()?;
        self.write(&weights, &bytes)?;
        let state = weights.with_extension("state");
        self.write(&state, &frame::seal(&meta, &numbers))?;
        for old in self.states()?.into_iter().skip(self.keep) {
            // An old file that cannot be removed harms nobody.
            let _ = self.disk.remove(&old);
            let _ = self.disk.remove(&old.with_extension("safetensors"));
        }
        Ok(state)
    }

    /// Writes `best.safetensors` if the last epoch of the history is the best.
    pub(crate) fn save_if_best<N: Module>(&self, net: &N, history: &History) -> Result<()> {
        let Some(goal) = &self.best else { return Ok(()) };
        let best = goal.best("best", history)?.map(|r| r.epoch);
        if best.is_some() && best == history.last().map(|r| r.epoch) {
            std::fs::create_dir_all(&self.dir).map_err(|e| failed("make the folder", &self.dir, e))?;
            self.write(&self.dir.join("best.safetensors"), &gradus_nn::to_bytes(net)?)?;
        }
        Ok(())
    }

    /// Reads the newest whole state of the folder into `net`, and says what was wrong with newer ones; `None` where the
    /// folder has none.
    ///
    /// # Errors
    /// If there are states, but none is whole, or the newest is of a newer version or another net.
    pub(crate) fn load<N: Module>(&self, net: &mut N) -> Result<Option<(Meta, Vec<String>)>> {
        let mut reasons = Vec::new();
        let found = self.states()?;
        for path in &found {
            match load_one(path, net) {
                Ok(meta) => return Ok(Some((meta, reasons))),
                Err(e) if matches!(e.kind(), ErrorKind::Version | ErrorKind::Mismatch) => return Err(e),
                Err(e) => reasons.push(format!("{}: {e}", path.display())),
            }
        }
        if found.is_empty() {
            return Ok(None);
        }
        Err(Error::new(ErrorKind::Format, format!("resume: no checkpoint can be read: {}", reasons.join("; "))))
    }

    /// The state files of the folder, newest first.
    pub(crate) fn states(&self) -> Result<Vec<PathBuf>> {
        let entries = match std::fs::read_dir(&self.dir) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|e| failed("read the folder", &self.dir, e))?,
        };
        let mut found: Vec<(u64, PathBuf)> = Vec::new();
        for entry in entries {
            let path = entry.map_err(|e| failed("read the folder", &self.dir, e))?.path();
            let step = path.file_stem().and_then(|s| s.to_str()).and_then(|s| s.parse().ok());
            if let (Some(step), Some("state")) = (step, path.extension().and_then(|e| e.to_str())) {
                found.push((step, path));
            }
        }
        found.sort_by(|a, b| b.cmp(a));
        Ok(found.into_iter().map(|f| f.1).collect())
    }
}

/// What a state file holds, for a look at it without the net.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Summary {
    /// Optimiser steps done.
    pub step: u64,
    /// The name of the optimiser.
    pub optimiser: String,
    /// The names of the leaves that the optimiser knows.
    pub leaves: Vec<String>,
    /// The epochs that are complete.
    pub history: History,
}

/// Reads the bytes of a state file.
///
/// # Errors
/// If they are not a whole state of a version that this build reads; nothing larger than the bytes is allocated for it.
pub fn inspect(bytes: &[u8]) -> Result<Summary> {
    let (meta, numbers) = frame::open(bytes)?;
    let Meta { run, optimiser, .. } = Meta::decode(meta, numbers)?;
    let leaves = optimiser.leaves.into_iter().map(|leaf| leaf.name).collect();
    Ok(Summary { step: run.step, optimiser: optimiser.recipe, leaves, history: run.history })
}

fn load_one<N: Module>(path: &Path, net: &mut N) -> Result<Meta> {
    let bytes = std::fs::read(path).map_err(|e| failed("read", path, e))?;
    let (meta, numbers) = frame::open(&bytes)?;
    let meta = Meta::decode(meta, numbers)?;
    if meta.dtype != <N::Elem>::NAME {
        let (was, is) = (&meta.dtype, <N::Elem>::NAME);
        let message = format!("resume: {} was saved from a net of {was}, this one is of {is}", path.display());
        return Err(Error::new(ErrorKind::Mismatch, message));
    }
    let file = path.with_extension("safetensors");
    let weights = std::fs::read(&file).map_err(|e| failed("read", &file, e))?;
    if !meta.belongs_to(&weights) {
        let message = format!("{} is not the weights file that was saved with the state", file.display());
        return Err(Error::new(ErrorKind::Format, message));
    }
    gradus_nn::from_bytes(net, &weights, true)
        .map_err(|e| Error::caused(ErrorKind::Mismatch, format!("resume: {}: {e}", file.display()), e))?;
    net.visit(&mut PutUpdates(meta.updates.iter()));
    Ok(meta)
}

/// Counts of updates of a net's buffers, in order: the weights file has only their values.
struct Updates(Vec<u64>);

impl<T: Real> Visitor<T> for Updates {
    fn tensor(&mut self, _: &Tensor<T>) {}
    fn buffer(&mut self, b: &Buffer<T>) {
        self.0.push(b.updates());
    }
}

struct PutUpdates<'a>(std::slice::Iter<'a, u64>);

impl<T: Real> Visitor<T> for PutUpdates<'_> {
    fn tensor(&mut self, _: &Tensor<T>) {}
    fn buffer(&mut self, b: &Buffer<T>) {
        if let Some(&updates) = self.0.next() {
            // The shape is its own, so this cannot fail.
            let _ = b.set(&b.get(), updates);
        }
    }
}

fn failed(verb: &str, path: &Path, e: std::io::Error) -> Error {
    Error::caused(ErrorKind::File, format!("cannot {verb} {}: {e}", path.display()), e)
}
