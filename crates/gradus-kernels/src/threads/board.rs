//! The board: one job at a time, cut into pieces; how pieces are claimed and finished, and how workers sleep and wake.
//!
//! A piece is claimed by a compare-and-swap on the count of unclaimed pieces. Success proves that the job on the board has that piece
//! unfinished, so its caller still waits and the job may be read; a worker that the system stops before it claims delays nobody, however
//! many jobs come and go meanwhile. Sleepers are counted in the same word, so that "no piece left, so I sleep" and "here are pieces, who
//! sleeps?" cannot miss each other, without sequentially consistent fences. The model checker covers all of this file.
//!
//! The caller claims from the first piece on, workers from the last: pieces are mostly runs of memory, so each thread meets in one
//! job the numbers that it has left in its cache in the job before.

use super::sync::{AtomicBool, AtomicUsize, Condvar, Mutex, Ordering, UnsafeCell, lock, wait};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

type Body<'a> = dyn Fn(usize) + Sync + 'a;

/// Bits of a number of pieces.
const COUNT: u32 = usize::BITS / 8 * 3;
/// The lowest bits of the word: pieces that nobody has claimed.
const LEFT: usize = (1 << COUNT) - 1;
/// One more piece claimed at the front: the bits above, which tell the first of those that are left.
const FRONT: usize = 1 << COUNT;
/// One more worker asleep: the bits above.
const SLEEPER: usize = 1 << (2 * COUNT);
/// The caller has gone to sleep: the top bit of `open`.
const CALLER_SLEEPS: usize = 1 << (usize::BITS - 1);

/// A value on cache lines of its own.
#[repr(align(128))]
struct Line<T>(T);

/// Which of the pieces that are left is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    First,
    Last,
}

/// A piece that the holder must run.
pub(super) struct Piece {
    index: usize,
    body: *const Body<'static>,
}

pub(super) struct Board {
    /// Unclaimed pieces, the first of them, and sleeping workers.
    word: Line<AtomicUsize>,
    /// Unfinished pieces, and whether the caller sleeps until there are none.
    open: Line<AtomicUsize>,
    busy: Line<AtomicBool>,
    /// What is done with each piece.
    job: UnsafeCell<*const Body<'static>>,
    failed: AtomicBool,
    failure: Mutex<Option<Box<dyn Any + Send>>>,
    bunks: Mutex<()>,
    morning: Condvar,
    gate: Mutex<()>,
    finished: Condvar,
}

// SAFETY: `job` is written only by the caller that set `busy`, while no piece is open, and read only by holders of a piece; the body that
// it points to is `Sync`.
unsafe impl Sync for Board {}
// SAFETY: as for `Sync`: the pointer in `job` means nothing while no piece is open.
unsafe impl Send for Board {}

fn nothing(_: usize) {}

impl Board {
    /// The largest number of pieces of a job.
    #[cfg(not(loom))]
    pub(super) const MAX_PIECES: usize = LEFT;

    pub(super) fn new() -> Self {
        const IDLE: *const Body<'static> = &(nothing as fn(usize));
        Board {
            word: Line(AtomicUsize::new(0)),
            open: Line(AtomicUsize::new(0)),
            busy: Line(AtomicBool::new(false)),
            job: UnsafeCell::new(IDLE),
            failed: AtomicBool::new(false),
            failure: Mutex::new(None),
            bunks: Mutex::new(()),
            morning: Condvar::new(),
            gate: Mutex::new(()),
            finished: Condvar::new(),
        }
    }

    /// Runs `body` on every piece, together with the workers that come. `false`, and nothing done, where another job is on the board.
    ///
    /// `wake` tells, from the number of sleepers, whether to wake one; `spin` may wait a while for its argument to be true.
    ///
    /// # Panics
    /// With the first panic of a piece, after all pieces that had begun.
    pub(super) fn run(
        &self,
        pieces: usize,
        body: &Body<'_>,
        wake: impl FnOnce(usize) -> bool,
        spin: impl FnOnce(&dyn Fn() -> bool),
    ) -> bool {
        debug_assert!(pieces <= LEFT);
        if self.busy.0.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            return false;
        }
        // SAFETY: only the lifetime changes; the pointer is used by holders of a piece alone, and this call returns when none is open.
        let body: *const Body<'static> = unsafe { std::mem::transmute(std::ptr::from_ref(body)) };
        self.job.with_mut(|job| {
            // SAFETY: we hold `busy` and no piece is open, so nobody reads.
            unsafe { *job = body }
        });
        self.open.0.store(pieces, Ordering::Relaxed);
        let sleepers = self.post(pieces);
        if sleepers > 0 && wake(sleepers) {
            self.wake_one();
        }
        while let Some(piece) = self.claim(End::First) {
            self.perform(piece);
        }
        let all_finished = || self.open.0.load(Ordering::Acquire) == 0;
        if !all_finished() {
            spin(&all_finished);
        }
        if !all_finished() && self.open.0.fetch_or(CALLER_SLEEPS, Ordering::AcqRel) != 0 {
            let mut guard = lock(&self.gate);
            while self.open.0.load(Ordering::Acquire) != CALLER_SLEEPS {
                guard = wait(&self.finished, guard);
            }
        }
        let failure = if self.failed.load(Ordering::Relaxed) {
            self.failed.store(false, Ordering::Relaxed);
            lock(&self.failure).take()
        } else {
            None
        };
        self.busy.0.store(false, Ordering::Release);
        if let Some(failure) = failure {
            resume_unwind(failure);
        }
        true
    }

    /// Whether there is a piece to claim.
    #[cfg(not(loom))]
    #[inline]
    pub(super) fn has_pieces(&self) -> bool {
        self.word.0.load(Ordering::Relaxed) & LEFT != 0
    }

    /// Says that so many pieces are there, and how many workers sleep.
    fn post(&self, pieces: usize) -> usize {
        let mut word = self.word.0.load(Ordering::Relaxed);
        loop {
            // No piece is left: only sleepers come and go meanwhile.
            let sleepers = word / SLEEPER;
            match self.word.0.compare_exchange_weak(
                word,
                sleepers * SLEEPER + pieces,
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                Ok(_) => return sleepers,
                Err(now) => word = now,
            }
        }
    }

    /// A piece, if one is left. It must be performed.
    #[inline]
    pub(super) fn claim(&self, end: End) -> Option<Piece> {
        let step = if end == End::First { FRONT } else { 0 };
        let mut word = self.word.0.load(Ordering::Relaxed);
        while word & LEFT != 0 {
            match self.word.0.compare_exchange_weak(word, word - 1 + step, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => {
                    // SAFETY: the claimed piece is open, so the job stays as it is.
                    let body = self.job.with(|job| unsafe { *job });
                    let first = word / FRONT % FRONT;
                    let index = if end == End::First { first } else { first + (word & LEFT) - 1 };
                    return Some(Piece { index, body });
                }
                Err(now) => word = now,
            }
        }
        None
    }

    /// Runs a claimed piece, unless one has failed already.
    pub(super) fn perform(&self, piece: Piece) {
        if !self.failed.load(Ordering::Relaxed) {
            // SAFETY: the piece is open until the end of this function, so the caller still waits and the body is alive.
            let body = unsafe { &*piece.body };
            if let Err(failure) = catch_unwind(AssertUnwindSafe(|| body(piece.index))) {
                lock(&self.failure).get_or_insert(failure);
                self.failed.store(true, Ordering::Relaxed);
            }
        }
        if self.open.0.fetch_sub(1, Ordering::AcqRel) == CALLER_SLEEPS + 1 {
            drop(lock(&self.gate));
            self.finished.notify_all();
        }
    }

    /// Sleeps until somebody wakes this worker (or for no reason); returns at once while there are pieces, or if it `should_not`.
    pub(super) fn sleep(&self, should_not: impl Fn() -> bool) {
        let guard = lock(&self.bunks);
        if should_not() {
            return;
        }
        let mut word = self.word.0.load(Ordering::Relaxed);
        loop {
            if word & LEFT != 0 {
                return;
            }
            match self.word.0.compare_exchange_weak(word, word + SLEEPER, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => break,
                Err(now) => word = now,
            }
        }
        let guard = wait(&self.morning, guard);
        self.word.0.fetch_sub(SLEEPER, Ordering::AcqRel);
        drop(guard);
    }

    /// After a sleep: wakes one more, if there are pieces for two.
    pub(super) fn pass_on(&self) {
        let word = self.word.0.load(Ordering::Relaxed);
        if word & LEFT > 1 && word / SLEEPER > 0 {
            self.wake_one();
        }
    }

    /// Wakes all sleepers; who is about to sleep sees what was written before.
    pub(super) fn wake_all(&self) {
        drop(lock(&self.bunks));
        self.morning.notify_all();
    }

    fn wake_one(&self) {
        // A sleeper counts itself while it holds this lock: after it, the notification cannot come too early.
        drop(lock(&self.bunks));
        self.morning.notify_one();
    }
}
