//! The crew: the worker threads of the process, when they spin, sleep, come and go.

use super::board::{Board, End};
use super::distance::Distance;
use super::spin::{Patience, Spun, spin};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// A worker without work spins so long, then sleeps: longer than the serial stretches inside a training step.
const SPIN: Duration = Duration::from_millis(1);
/// After [`rest`] it spins so long: enough to bridge two steps that follow each other at once.
const GRACE: Duration = Duration::from_micros(20);
/// A caller waits at least so long for the last pieces of others before it sleeps.
const WAIT: Duration = Duration::from_micros(30);
/// Nor longer than this: the worker that holds the piece may need this very core.
const WAIT_MOST: Duration = Duration::from_millis(2);
/// Pieces may be so unequal, and a woken worker so late, before a caller concludes that the system is overloaded.
const UNEQUAL: u32 = 5;
const DELAY: Duration = Duration::from_micros(200);
/// Work of so many nanoseconds gains nothing from a worker that must be woken first.
const WAKE: usize = 40_000;
/// But when so much work, in nanoseconds, was done alone while the workers slept, one is woken for what will follow.
const ENOUGH: usize = 100_000;

struct Crew {
    board: Board,
    /// Workers that live; changed under the lock only.
    size: AtomicUsize,
    /// Workers that should live.
    wanted: AtomicUsize,
    hiring: Mutex<()>,
    resting: AtomicBool,
    distance: Distance,
    /// Nanoseconds of work done alone because waking would not have paid.
    alone: AtomicUsize,
    /// Until then, in nanoseconds since `start`, callers work alone: the system is too busy for a second thread to help.
    overloaded_until: AtomicU64,
    /// How often in a row that was found.
    overloads: AtomicU32,
    start: Instant,
    cores: usize,
}

static CREW: LazyLock<Crew> = LazyLock::new(|| Crew {
    board: Board::new(),
    size: AtomicUsize::new(0),
    wanted: AtomicUsize::new(0),
    hiring: Mutex::new(()),
    resting: AtomicBool::new(false),
    distance: Distance::new(),
    alone: AtomicUsize::new(0),
    overloaded_until: AtomicU64::new(0),
    overloads: AtomicU32::new(0),
    start: Instant::now(),
    cores: thread::available_parallelism().map_or(1, usize::from),
});

/// Runs the pieces, some on other threads. `nanos` is the whole work, as far as known.
pub(super) fn run(threads: usize, pieces: usize, nanos: usize, body: &(dyn Fn(usize) + Sync)) {
    let crew: &'static Crew = &CREW;
    let begin = Instant::now();
    if crew.since_start(begin) < crew.overloaded_until.load(Relaxed) || pieces > Board::MAX_PIECES {
        return (0..pieces).for_each(body);
    }
    if crew.wanted.load(Relaxed) != threads - 1 {
        crew.hire(threads - 1);
    }
    if crew.resting.load(Relaxed) {
        crew.resting.store(false, Relaxed);
    }
    if nanos < crew.distance.least(crew.since_start(begin), &crew.board) {
        return (0..pieces).for_each(body);
    }
    let wake = |sleepers| crew.pays_to_wake(sleepers, pieces, nanos);
    let own = Cell::new(None);
    let wait = |finished: &dyn Fn() -> bool| {
        let so_far = begin.elapsed();
        own.set(Some(so_far));
        spin(so_far.clamp(WAIT, WAIT_MOST), finished, |_| false);
    };
    if !crew.board.run(pieces, body, wake, wait) {
        return (0..pieces).for_each(body);
    }
    if let Some(own) = own.get() {
        crew.learn(begin, own);
    }
}

/// The workers need not spin for more work: none will come soon.
pub(super) fn rest() {
    if let Some(crew) = LazyLock::get(&CREW) {
        crew.resting.store(true, Relaxed);
    }
}

impl Crew {
    fn since_start(&self, now: Instant) -> u64 {
        (now - self.start).as_nanos() as u64
    }

    /// Whether a caller with so much work should wake a worker.
    fn pays_to_wake(&self, sleepers: usize, pieces: usize, nanos: usize) -> bool {
        if pieces - 1 + sleepers <= self.size.load(Relaxed) {
            return false;
        }
        if nanos >= WAKE {
            return true;
        }
        let alone = self.alone.load(Relaxed) + nanos;
        let pays = alone >= ENOUGH;
        self.alone.store(if pays { 0 } else { alone }, Relaxed);
        pays
    }

    /// After a job that began at `begin`, where the caller had done its own pieces after `own`: if the others took far longer, the
    /// system had given their cores away, and callers work alone for a time that makes the loss a few percent at most.
    fn learn(&self, begin: Instant, own: Duration) {
        let now = Instant::now();
        let overdue = (now - begin).saturating_sub(own * UNEQUAL + DELAY);
        let overloads = self.overloads.load(Relaxed);
        if overdue.is_zero() {
            if overloads > 0 {
                self.overloads.store(overloads - 1, Relaxed);
            }
            return;
        }
        self.overloads.store((overloads + 1).min(3), Relaxed);
        let pause = (overdue.as_nanos() as u64) << (4 + overloads);
        self.overloaded_until.store(self.since_start(now) + pause, Relaxed);
        self.resting.store(true, Relaxed);
    }

    #[cold]
    fn hire(&'static self, wanted: usize) {
        let _guard = self.hiring.lock().unwrap_or_else(PoisonError::into_inner);
        self.wanted.store(wanted, Relaxed);
        let mut size = self.size.load(Relaxed);
        if size > wanted {
            self.board.wake_all();
        }
        while size < wanted {
            let worker = thread::Builder::new().name("gradus-worker".into());
            if worker.spawn(|| self.work()).is_err() {
                // The system gives no more threads: the work is done by fewer.
                break;
            }
            size += 1;
        }
        self.size.store(size, Relaxed);
    }

    /// Whether this worker is one too many, and has left the count.
    fn leave(&self) -> bool {
        if self.size.load(Relaxed) <= self.wanted.load(Relaxed) {
            return false;
        }
        let _guard = self.hiring.lock().unwrap_or_else(PoisonError::into_inner);
        let size = self.size.load(Relaxed);
        let leaves = size > self.wanted.load(Relaxed);
        if leaves {
            self.size.store(size - 1, Relaxed);
        }
        leaves
    }

    fn work(&self) {
        let mut patience = Patience::default();
        loop {
            while let Some(piece) = self.board.claim(End::Last) {
                self.board.perform(piece);
            }
            if self.leave() {
                return;
            }
            // More workers than cores: a spinning one would take a core from one that works.
            if self.size.load(Relaxed) < self.cores && patience.spins() {
                let quit = |spun| spun > GRACE && self.resting.load(Relaxed);
                let spun = spin(SPIN, || self.board.has_pieces(), quit);
                patience.learn(spun);
                if spun == Spun::Met {
                    continue;
                }
            }
            self.board.sleep(|| self.size.load(Relaxed) > self.wanted.load(Relaxed));
            self.board.pass_on();
        }
    }
}
