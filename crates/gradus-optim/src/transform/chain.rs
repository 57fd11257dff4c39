//! The driver: runs a chain of transforms over the leaves, one cache-sized chunk after another, on all threads.
//!
//! A chain is cut into segments where a transform needs a norm or a whole leaf. Within a segment a chunk goes through all
//! transforms while it is in the cache; between segments the direction is kept in a buffer of the leaf. A chain without
//! such needs, or with a clip in front, is one segment: it reads and writes each number once.

use super::decay::decayed;
use super::lanes::{all_finite, piece_finite, sum_of_squares};
use super::{Context, Last, Needs, Transform};
use crate::error::{Error, Kind};
use crate::schedule::Clock;
use gradus_kernels::{Real, threads};
use smallvec::SmallVec;
use std::ops::Range;

/// How many numbers go through the chain at a time: direction, weights and two states of f32 stay in 16 KiB.
const CHUNK: usize = 1024;
/// How many numbers one thread takes at a time, at most.
const PIECE: usize = 1 << 16;
/// A leaf of so many numbers is two pieces at least.
const SMALL: usize = 1 << 12;
/// Up to this many numbers in all, gradients are checked before the step: they stay in the cache.
const CHECKED_FIRST: usize = 1 << 18;

/// What the chain keeps for one leaf.
#[derive(Clone, Debug, Default)]
pub struct LeafState<T> {
    /// How many updates the leaf has received.
    pub count: u64,
    /// The state slices of all transforms, in chain order ([`Chain::slots`]), each as long as the leaf.
    pub slots: Vec<Vec<T>>,
    direction: Vec<T>,
}

impl<T> LeafState<T> {
    /// A state as it was saved.
    pub fn restored(count: u64, slots: Vec<Vec<T>>) -> Self {
        LeafState { count, slots, direction: Vec::new() }
    }
}

/// One leaf in one step: its gradient, its weights and its state.
#[derive(Debug)]
pub struct LeafStep<'a, T> {
    /// The gradient.
    pub gradient: &'a [T],
    /// The weights, which the step changes.
    pub weights: &'a mut [T],
    /// The shape of both.
    pub shape: &'a [usize],
    /// The state, which the step changes.
    pub state: &'a mut LeafState<T>,
    /// The learning rate α of this leaf.
    pub rate: f64,
    /// See [`Context::decay`].
    pub decay: Option<f64>,
}

/// Transforms, one after another, then w ← w − α d.
pub struct Chain<T> {
    parts: Vec<Box<dyn Transform<T>>>,
    /// Where the slots of each part begin, and where the last ends.
    offsets: Vec<usize>,
    segments: Vec<Range<usize>>,
}

impl<T: Real> Chain<T> {
    /// A chain of these parts; an error names the first hyper-parameter out of range.
    pub fn new(parts: Vec<Box<dyn Transform<T>>>) -> Result<Self, Error> {
        let mut offsets = vec![0];
        let mut starts = Vec::new();
        for (i, part) in parts.iter().enumerate() {
            part.check().map_err(|e| Error::new(Kind::HyperParameter, format!("{}: {e}", part.name())))?;
            offsets.push(offsets[i] + part.slots().len());
            let after_whole = i > 0 && parts[i - 1].needs() == Needs::WholeLeaf;
            if i == 0 || after_whole || part.needs() != Needs::Chunk {
                starts.push(i);
            }
        }
        let ends = starts.iter().skip(1).copied().chain([parts.len()]);
        let mut segments: Vec<_> = starts.iter().copied().zip(ends).map(|(a, b)| a..b).collect();
        if segments.is_empty() {
            segments.push(0..0);
        }
        Ok(Chain { parts, offsets, segments })
    }

    /// The names of all state slices, `part.slot`, in the order of [`LeafState::slots`].
    pub fn slots(&self) -> Vec<String> {
        let of = |p: &dyn Transform<T>| p.slots().iter().map(|s| format!("{}.{s}", p.name())).collect::<Vec<_>>();
        self.parts.iter().flat_map(|p| of(&**p)).collect()
    }

    /// The state of a leaf of `len` numbers before its first update.
    pub fn fresh(&self, len: usize) -> LeafState<T> {
        let slots = self.parts.iter().flat_map(|p| vec![vec![T::from_f64(p.initial()); len]; p.slots().len()]);
        LeafState { count: 0, slots: slots.collect(), direction: Vec::new() }
    }

    /// The norm that a [`Needs::GlobalNorm`] in front would see: of all gradients together.
    pub fn global_norm(leaves: &[LeafStep<'_, T>]) -> f64 {
        leaves.iter().map(|l| sum_of_squares(l.gradient)).sum::<f64>().sqrt()
    }

    /// The first leaf whose gradient holds a number that is not finite, or whose square is not.
    pub fn first_non_finite(leaves: &[LeafStep<'_, T>]) -> Option<usize> {
        leaves.iter().position(|l| !all_finite(l.gradient))
    }

    /// One step: every leaf's weights and state change. No gradient is looked at twice, and none is checked.
    ///
    /// # Panics
    /// If lengths differ within a leaf, or a state does not come from this chain.
    pub fn step(&self, clock: Clock, leaves: &mut [LeafStep<'_, T>]) {
        self.step_beside(clock, leaves, 0.0);
    }

    /// [`step`](Self::step) beside leaves of another chain, whose gradients have this sum of squares: a global norm in front
    /// is that of all.
    pub fn step_beside(&self, clock: Clock, leaves: &mut [LeafStep<'_, T>], outside: f64) {
        self.run(clock, leaves, false, outside);
    }

    /// One step that no bad number gets into: says which leaf is the first whose gradient holds one
    /// ([`first_non_finite`](Self::first_non_finite)).
    ///
    /// Up to 2¹⁸ numbers in all, and for chains of several segments, the check comes first and nothing changes. In a larger
    /// net it is made on the way, so that memory is read once: pieces of at most 2¹⁶ numbers with a bad gradient stay as they are.
    ///
    /// # Panics
    /// As [`step`](Self::step).
    pub fn step_checked(&self, clock: Clock, leaves: &mut [LeafStep<'_, T>]) -> Result<(), usize> {
        let total: usize = leaves.iter().map(|l| l.weights.len()).sum();
        let first = total <= CHECKED_FIRST
            || self.segments.len() > 1
            || self.parts.first().is_some_and(|p| p.needs() != Needs::Chunk);
        if first && let Some(leaf) = Self::first_non_finite(leaves) {
            return Err(leaf);
        }
        self.run(clock, leaves, !first, 0.0).map_or(Ok(()), Err)
    }

    /// Returns the first leaf with a bad gradient, where `check` is true.
    fn run(&self, clock: Clock, leaves: &mut [LeafStep<'_, T>], check: bool, outside: f64) -> Option<usize> {
        let slots = self.offsets[self.parts.len()];
        for l in leaves.iter_mut() {
            let n = l.weights.len();
            assert!(
                l.gradient.len() == n && l.state.slots.len() == slots && l.state.slots.iter().all(|s| s.len() == n),
                "optimiser: gradient, weights and state of a leaf of shape {:?} do not fit: {}, {n} and {:?} numbers",
                l.shape,
                l.gradient.len(),
                l.state.slots.iter().map(Vec::len).collect::<Vec<_>>()
            );
            l.state.count += 1;
        }
        let total: usize = leaves.iter().map(|l| l.weights.len()).sum();
        for (k, segment) in self.segments.iter().enumerate() {
            let stage = Stage {
                chain: self,
                parts: segment.clone(),
                first: k == 0,
                last: k + 1 == self.segments.len(),
                needs: self.parts.get(segment.start).map_or(Needs::Chunk, |p| p.needs()),
                check: check && k == 0,
                outside: if k == 0 { outside } else { 0.0 },
            };
            if let Some(bad) = stage.run(clock, leaves, total) {
                return Some(bad);
            }
        }
        None
    }
}

impl<T> std::fmt::Debug for Chain<T>
where
    T: Real,
{
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.parts.iter().map(|p| p.name())).finish()
    }
}

/// One segment of a chain.
struct Stage<'c, T> {
    chain: &'c Chain<T>,
    parts: Range<usize>,
    first: bool,
    last: bool,
    needs: Needs,
    check: bool,
    /// The sum of squares of gradients that another chain steps.
    outside: f64,
}

/// A part of a leaf on its way through a segment.
struct Piece<'a, T> {
    /// The gradient, where this is the first segment.
    gradient: Option<&'a [T]>,
    /// The direction buffer of the leaf, where the chain has more than one segment.
    kept: Option<&'a mut [T]>,
    weights: &'a mut [T],
    slots: SmallVec<[&'a mut [T]; 4]>,
    rate: f64,
    at: Context<'a>,
    leaf: usize,
    /// Where in its leaf it begins, of 64.
    place: usize,
    bad: bool,
}

impl<T: Real> Stage<'_, T> {
    fn run(&self, clock: Clock, leaves: &mut [LeafStep<'_, T>], total: usize) -> Option<usize> {
        let whole = self.needs == Needs::WholeLeaf;
        let keeps = whole || !(self.first && self.last);
        let norms: SmallVec<[f64; 8]> = match self.needs {
            Needs::LeafNorm | Needs::GlobalNorm => leaves
                .iter()
                .map(|l| sum_of_squares(if self.first { l.gradient } else { &l.state.direction }))
                .collect(),
            Needs::Chunk | Needs::WholeLeaf => SmallVec::new(),
        };
        let global_norm = (norms.iter().sum::<f64>() + self.outside).sqrt();
        let mut pieces: Vec<Piece<'_, T>> = Vec::with_capacity(leaves.len() + total / PIECE);
        for (i, l) in leaves.iter_mut().enumerate() {
            if keeps {
                l.state.direction.resize(l.gradient.len(), T::ZERO);
            }
            let LeafState { count, slots, direction } = &mut *l.state;
            let leaf_norm = norms.get(i).copied().unwrap_or(0.0).sqrt();
            let at = Context { count: *count, clock, decay: l.decay, leaf_norm, global_norm, shape: l.shape };
            let piece = Piece {
                gradient: self.first.then_some(l.gradient),
                kept: keeps.then_some(&mut direction[..]),
                weights: l.weights,
                slots: slots.iter_mut().map(|s| &mut s[..]).collect(),
                rate: l.rate,
                at,
                leaf: i,
                place: 0,
                bad: false,
            };
            if whole { pieces.push(piece) } else { cut(piece, &mut pieces) }
        }
        // The first parts of all leaves, then the next: threads that begin at both ends meet the rows whose gradients they made.
        pieces.sort_by_key(|p| p.place);
        // A number takes half a nanosecond; what needs whole leaves shares its own work.
        let nanos = if whole { 0 } else { total / 2 };
        threads::for_each_chunk_with(&mut pieces, 1, nanos, |_, p| p.iter_mut().for_each(|p| self.pass(p)));
        pieces.iter().filter(|p| p.bad).map(|p| p.leaf).min()
    }

    /// Brings one piece through the segment.
    fn pass(&self, piece: &mut Piece<'_, T>) {
        if self.check && piece.gradient.is_some_and(|g| !piece_finite(g)) {
            piece.bad = true;
            return;
        }
        let parts = &self.chain.parts;
        let mut busy: SmallVec<[usize; 8]> = self.parts.clone().filter(|&i| !parts[i].idle(&piece.at)).collect();
        // A decay at the end becomes a part of the write.
        let decay = busy.last().filter(|_| self.last).and_then(|&i| parts[i].decay(&piece.at));
        if decay.is_some() {
            busy.pop();
        }
        // A decay at the start becomes a part of reading the gradient.
        let coupled = piece.gradient.and(busy.first()).and_then(|&i| parts[i].decay(&piece.at));
        let busy = &busy[usize::from(coupled.is_some())..];
        let number = |x: Option<f64>| T::from_f64(x.unwrap_or(0.0));
        let write = Write { rate: T::from_f64(piece.rate), decay: number(decay), coupled: number(coupled) };
        if self.last && busy.len() <= 1 && self.in_one_loop(piece, busy.first().copied(), write) {
            return;
        }
        let size = if self.needs == Needs::WholeLeaf { piece.weights.len() } else { CHUNK };
        self.in_chunks(piece, busy, size, write);
    }

    /// One part at most, and the write: one loop straight from the gradient, where the part has such a loop.
    fn in_one_loop(&self, piece: &mut Piece<'_, T>, part: Option<usize>, write: Write<T>) -> bool {
        let Some(direction) = piece.gradient.or(piece.kept.as_deref()) else { return false };
        let last = write.last(direction, piece.weights);
        let Some(i) = part else {
            last.write();
            return true;
        };
        self.chain.parts[i].finish(&piece.at, last, &mut piece.slots[self.chain.offsets[i]..self.chain.offsets[i + 1]])
    }

    /// All busy parts on one chunk after another.
    fn in_chunks(&self, piece: &mut Piece<'_, T>, busy: &[usize], size: usize, write: Write<T>) {
        let mut buffer = [T::ZERO; CHUNK];
        let after = Write { coupled: T::ZERO, ..write };
        let (n, mut from) = (piece.weights.len(), 0);
        while from < n {
            let to = n.min(from + size);
            let direction = match &mut piece.kept {
                Some(kept) => &mut kept[from..to],
                None => &mut buffer[..to - from],
            };
            let weights = &mut piece.weights[from..to];
            if let Some(gradient) = piece.gradient {
                if write.coupled == T::ZERO {
                    direction.copy_from_slice(&gradient[from..to]);
                } else {
                    decayed(write.coupled, &gradient[from..to], weights, direction);
                }
            }
            let mut written = false;
            for (k, &i) in busy.iter().enumerate() {
                let slots = self.chain.offsets[i]..self.chain.offsets[i + 1];
                let mut state: SmallVec<[&mut [T]; 4]> =
                    piece.slots[slots].iter_mut().map(|s| &mut s[from..to]).collect();
                let part = &self.chain.parts[i];
                written = self.last
                    && k + 1 == busy.len()
                    && part.finish(&piece.at, after.last(direction, weights), &mut state);
                if !written {
                    part.apply(&piece.at, direction, weights, &mut state);
                }
            }
            if self.last && !written {
                after.last(direction, weights).write();
            }
            from = to;
        }
    }
}

/// The scalars of the last write.
#[derive(Clone, Copy)]
struct Write<T> {
    rate: T,
    decay: T,
    coupled: T,
}

impl<T: Real> Write<T> {
    fn last<'a>(self, direction: &'a [T], weights: &'a mut [T]) -> Last<'a, T> {
        Last { direction, weights, rate: self.rate, decay: self.decay, coupled: self.coupled }
    }
}

/// Cuts a leaf into pieces of at most [`PIECE`] numbers, two at least where it has [`SMALL`].
fn cut<'a, T>(mut piece: Piece<'a, T>, out: &mut Vec<Piece<'a, T>>) {
    let len = piece.weights.len();
    let size = if len < SMALL { PIECE } else { PIECE.min(len.div_ceil(2)) };
    while piece.weights.len() > size {
        let (weights, rest) = std::mem::take(&mut piece.weights).split_at_mut(size);
        piece.weights = rest;
        let head = |s: &mut &'a mut [T]| {
            let (head, rest) = std::mem::take(s).split_at_mut(size);
            *s = rest;
            head
        };
        out.push(Piece {
            gradient: piece.gradient.map(|g| &g[..size]),
            kept: piece.kept.as_mut().map(head),
            weights,
            slots: piece.slots.iter_mut().map(head).collect(),
            rate: piece.rate,
            at: piece.at,
            leaf: piece.leaf,
            place: piece.place,
            bad: false,
        });
        piece.place = 64 * (len - piece.weights.len()) / len;
        piece.gradient = piece.gradient.map(|g| &g[size..]);
    }
    out.push(piece);
}
