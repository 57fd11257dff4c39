//! What a state file says. The one place that knows `bincode`; it codes small metadata, numbers lie beside it as they are.

use crate::error::{Error, ErrorKind, Result};
use crate::trainer::run::Run;
use gradus_optim::optimiser::{Numbers, SavedLeaf, State};
use serde::{Deserialize, Serialize};

/// No metadata is longer than this.
const LIMIT: usize = 8 << 20;

/// The state of a run beside its weights.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Meta {
    /// The type of the net's numbers.
    pub(crate) dtype: String,
    pub(crate) run: Run,
    /// In the file its numbers stand behind the metadata.
    pub(crate) optimiser: State,
    /// The average of the weights, likewise.
    pub(crate) average: Option<Vec<SavedLeaf>>,
    /// What the callbacks remember, by name; likewise, since one may keep a net.
    pub(crate) callbacks: Vec<(String, Vec<f64>)>,
    /// Counts of updates of the buffers.
    pub(crate) updates: Vec<u64>,
    /// Length and checksum of the weights file.
    weights: (u64, u32),
    /// How many numbers each slot has behind the metadata.
    lengths: Vec<u64>,
}

/// Numbers that stand behind the metadata.
enum Slot<'a> {
    F32(&'a mut Vec<f32>),
    F64(&'a mut Vec<f64>),
}

impl<'a> From<&'a mut Numbers> for Slot<'a> {
    fn from(numbers: &'a mut Numbers) -> Self {
        match numbers {
            Numbers::F32(x) => Slot::F32(x),
            Numbers::F64(x) => Slot::F64(x),
        }
    }
}

impl Meta {
    pub(crate) fn new(dtype: &str, run: Run, optimiser: State) -> Self {
        let (callbacks, updates, lengths) = (Vec::new(), Vec::new(), Vec::new());
        Meta { dtype: dtype.into(), run, optimiser, average: None, callbacks, updates, weights: (0, 0), lengths }
    }

    /// Names the weights file that it goes with.
    pub(super) fn with_weights(mut self, bytes: &[u8]) -> Self {
        self.weights = (bytes.len() as u64, crc32fast::hash(bytes));
        self
    }

    /// Whether these bytes are those of the weights file.
    pub(super) fn belongs_to(&self, weights: &[u8]) -> bool {
        self.weights == (weights.len() as u64, crc32fast::hash(weights))
    }

    fn slots(&mut self) -> impl Iterator<Item = Slot<'_>> {
        let leaves = self.optimiser.leaves.iter_mut().chain(self.average.iter_mut().flatten());
        let slots = leaves.flat_map(|leaf| &mut leaf.slots).map(|slot| Slot::from(&mut slot.1));
        slots.chain(self.callbacks.iter_mut().map(|callback| Slot::F64(&mut callback.1)))
    }

    /// The metadata, and the numbers.
    pub(super) fn encode(mut self) -> Result<(Vec<u8>, Vec<u8>)> {
        let (mut lengths, mut bytes) = (Vec::new(), Vec::new());
        for numbers in self.slots() {
            match numbers {
                Slot::F32(x) => {
                    lengths.push(x.len() as u64);
                    bytes.extend(std::mem::take(x).iter().flat_map(|x| x.to_le_bytes()));
                }
                Slot::F64(x) => {
                    lengths.push(x.len() as u64);
                    bytes.extend(std::mem::take(x).iter().flat_map(|x| x.to_le_bytes()));
                }
            }
        }
        self.lengths = lengths;
        let meta = bincode::serde::encode_to_vec(&self, bincode::config::standard())
            .map_err(|e| Error::new(ErrorKind::Format, format!("checkpoint: the state cannot be coded: {e}")))?;
        if meta.len() > LIMIT {
            let message = format!("checkpoint: {} bytes of metadata, at most {LIMIT} are written", meta.len());
            return Err(Error::new(ErrorKind::Format, message));
        }
        Ok((meta, bytes))
    }

    pub(super) fn decode(meta: &[u8], mut numbers: &[u8]) -> Result<Self> {
        let bad = |why: String| Error::new(ErrorKind::Format, format!("not a whole training state: {why}"));
        if meta.len() > LIMIT {
            return Err(bad(format!("{} bytes of metadata, at most {LIMIT} are read", meta.len())));
        }
        let config = bincode::config::standard().with_limit::<LIMIT>();
        let (mut this, read): (Meta, usize) =
            bincode::serde::decode_from_slice(meta, config).map_err(|e| bad(e.to_string()))?;
        if read != meta.len() {
            return Err(bad(format!("{} bytes of metadata are left over", meta.len() - read)));
        }
        let lengths = std::mem::take(&mut this.lengths);
        let mut lengths = lengths.iter();
        for slot in this.slots() {
            let n = *lengths.next().ok_or_else(|| bad("a length is missing".into()))?;
            let (width, empty) = match &slot {
                Slot::F32(x) => (4, x.is_empty()),
                Slot::F64(x) => (8, x.is_empty()),
            };
            if !empty {
                return Err(bad("numbers stand among the metadata".into()));
            }
            let size = n.checked_mul(width).filter(|&s| s <= numbers.len() as u64);
            let size =
                size.ok_or_else(|| bad(format!("{n} numbers are announced, {} bytes are there", numbers.len())))?;
            let (own, rest) = numbers.split_at(size as usize);
            numbers = rest;
            match slot {
                Slot::F32(x) => *x = own.as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b)).collect(),
                Slot::F64(x) => *x = own.as_chunks::<8>().0.iter().map(|&b| f64::from_le_bytes(b)).collect(),
            }
        }
        if !numbers.is_empty() || lengths.next().is_some() {
            return Err(bad("numbers are left over".into()));
        }
        Ok(this)
    }
}
