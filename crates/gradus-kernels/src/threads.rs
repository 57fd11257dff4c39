//! Pieces of work, shared among threads. Pieces depend on shapes alone, so results do not depend on the number of threads.
//!
//! The caller works too, so a worker that the system took away delays nothing but the piece that it holds. Workers spin for up to a
//! millisecond after their last piece, because waking a sleeping thread takes longer than most kernels; then they sleep. A caller that
//! finds the workers busy (another thread uses them, or it is itself inside a piece) does all pieces alone: same bits, by construction.
//!
//! The number of threads is [`set_threads`], else the environment variable `GRADUS_THREADS`, else the number of cores.

#[cfg(any(not(loom), test))]
mod board;
#[cfg(not(loom))]
mod crew;
#[cfg(not(loom))]
mod distance;
#[cfg(all(test, loom))]
mod model;
#[cfg(not(loom))]
mod spin;
#[cfg(any(not(loom), test))]
mod sync;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Work of fewer nanoseconds stays on the caller's thread, however near the others are.
const LEAST: usize = 6_000;
/// A caller that does not say how much work there is has enough.
const UNKNOWN: usize = usize::MAX >> 1;

/// What [`set_threads`] chose; 0: nothing yet.
static CHOSEN: AtomicUsize = AtomicUsize::new(0);

/// Sets on how many threads pieces are shared from now on, the caller's included. Results do not change by a bit.
///
/// # Panics
/// If `n` is 0.
pub fn set_threads(n: usize) {
    assert!(n > 0, "set_threads: n must be at least 1, got 0; 1 means that the caller works alone");
    CHOSEN.store(n, Relaxed);
}

/// On how many threads pieces are shared, the caller's included.
///
/// # Panics
/// If nothing was set and the environment variable `GRADUS_THREADS` is not a number of at least 1.
#[inline]
pub fn threads() -> usize {
    match CHOSEN.load(Relaxed) {
        0 => default_threads(),
        n => n,
    }
}

#[cold]
fn default_threads() -> usize {
    static DEFAULT: OnceLock<usize> = OnceLock::new();
    *DEFAULT.get_or_init(|| match std::env::var("GRADUS_THREADS") {
        Ok(text) => match text.trim().parse() {
            Ok(n) if n > 0 => n,
            _ => panic!("threads: GRADUS_THREADS must be a whole number of at least 1, got {text:?}"),
        },
        Err(_) => std::thread::available_parallelism().map_or(1, usize::from),
    })
}

/// Says that no parallel work will come soon (the step is over, and what follows is serial or waits): spinning workers go to sleep.
pub fn rest() {
    #[cfg(not(loom))]
    crew::rest();
}

/// Runs `body(i)` for every piece i below `pieces`, in any order and on any thread. Pieces must not depend on each other. The caller
/// begins at the first, workers at the last: where piece i is the i-th run of memory, jobs in a row find their numbers in their caches.
///
/// # Panics
/// With the panic of a piece; then some pieces have not run. Workers and later calls are not affected.
#[inline]
pub fn for_each_piece(pieces: usize, body: impl Fn(usize) + Sync) {
    for_each_piece_with(pieces, UNKNOWN, body);
}

/// [`for_each_piece`] for work that may be too small to share: `nanos` is the time that all pieces together take on one thread, roughly.
/// Below 6,000 it is a plain loop, and where the threads' cores are far apart below up to 15,000; below 40,000 it is shared with workers
/// that are awake, but wakes none for its own sake.
#[inline]
pub fn for_each_piece_with(pieces: usize, nanos: usize, body: impl Fn(usize) + Sync) {
    if pieces < 2 || nanos < LEAST || cfg!(loom) {
        return (0..pieces).for_each(body);
    }
    let threads = threads();
    if threads == 1 {
        return (0..pieces).for_each(body);
    }
    #[cfg(not(loom))]
    crew::run(threads, pieces, nanos, &body);
}

/// Cuts `out` into pieces of `piece` elements (the last may be shorter) and runs `body(start, piece)` on each, on any thread.
///
/// # Panics
/// As [`for_each_piece`].
#[inline]
pub fn for_each_chunk<T: Send>(out: &mut [T], piece: usize, body: impl Fn(usize, &mut [T]) + Sync) {
    for_each_chunk_with(out, piece, UNKNOWN, body);
}

/// [`for_each_chunk`] for work that may be too small to share, as [`for_each_piece_with`].
#[inline]
pub fn for_each_chunk_with<T: Send>(out: &mut [T], piece: usize, nanos: usize, body: impl Fn(usize, &mut [T]) + Sync) {
    let piece = piece.max(1);
    let whole = Whole::of(out);
    for_each_piece_with(whole.len.div_ceil(piece), nanos, |i| {
        let start = i * piece;
        // SAFETY: each i comes once, so the parts do not overlap; they lie inside `out`, which this call borrows until all are done.
        let part = unsafe { whole.part(start, piece) };
        body(start, part);
    });
}

/// Cuts `a` into pieces of `piece[0]` elements and `b` into pieces of `piece[1]`, and runs `body(i, a's, b's)` on the i-th of each.
/// Pieces must be as many on both sides; `nanos` as for [`for_each_piece_with`].
///
/// # Panics
/// If one slice makes more pieces than the other, or as [`for_each_piece`].
pub fn for_each_pair<T: Send, U: Send>(
    (a, b): (&mut [T], &mut [U]),
    piece: [usize; 2],
    nanos: usize,
    body: impl Fn(usize, &mut [T], &mut [U]) + Sync,
) {
    let [p, q] = piece.map(|n| n.max(1));
    let (a, b) = (Whole::of(a), Whole::of(b));
    let pieces = a.len.div_ceil(p);
    assert_eq!(
        pieces,
        b.len.div_ceil(q),
        "for_each_pair: {} by {p} and {} by {q} are not as many pieces",
        a.len,
        b.len
    );
    for_each_piece_with(pieces, nanos, |i| {
        // SAFETY: each i comes once, so the parts do not overlap; they lie inside the slices, which this call borrows until all are done.
        let (a, b) = unsafe { (a.part(i * p, p), b.part(i * q, q)) };
        body(i, a, b);
    });
}

/// How large parts of `n` things are that are at most `most` large, as few as may be, and all alike but for rounding: threads that share
/// them end together.
#[inline]
pub(crate) fn alike(n: usize, most: usize) -> usize {
    n.div_ceil(n.div_ceil(most).max(1)).max(1)
}

/// A slice of which disjoint parts go to several threads.
pub(crate) struct Whole<T> {
    at: *mut T,
    len: usize,
}

// SAFETY: it only hands out parts, by an unsafe function whose callers keep them apart; their elements may go to other threads.
unsafe impl<T: Send> Sync for Whole<T> {}

impl<T> Whole<T> {
    /// All of `slice`, which the caller keeps borrowed while parts are about.
    #[inline]
    pub(crate) fn of(slice: &mut [T]) -> Self {
        Whole { at: slice.as_mut_ptr(), len: slice.len() }
    }

    /// # Safety
    /// `start` lies inside the slice, no two parts overlap, and the slice outlives them.
    #[inline]
    #[allow(clippy::mut_from_ref, reason = "the parts are disjoint by contract")]
    pub(crate) unsafe fn part(&self, start: usize, most: usize) -> &mut [T] {
        // SAFETY: by contract.
        unsafe { std::slice::from_raw_parts_mut(self.at.add(start), most.min(self.len - start)) }
    }
}
