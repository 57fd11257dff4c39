//! The crew: the worker threads of the process, when they spin, sleep, come and go.

use super::board::Board;
use super::spin::{Patience, Spun, spin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
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
/// Work of so many nanoseconds gains nothing from a worker that must be woken first.
const WAKE: usize = 40_000;
/// But when so much work, in nanoseconds, was done alone while the workers slept, one is woken for what will follow.
const ENOUGH: usize = 200_000;

struct Crew {
    board: Board,
    /// Workers that live; changed under the lock only.
    size: AtomicUsize,
    /// Workers that should live.
    wanted: AtomicUsize,
    hiring: Mutex<()>,
    resting: AtomicBool,
    /// Nanoseconds of work done alone because waking would not have paid.
    alone: AtomicUsize,
    cores: usize,
}

static CREW: LazyLock<Crew> = LazyLock::new(|| Crew {
    board: Board::new(),
    size: AtomicUsize::new(0),
    wanted: AtomicUsize::new(0),
    hiring: Mutex::new(()),
    resting: AtomicBool::new(false),
    alone: AtomicUsize::new(0),
    cores: cores(),
});

/// The cores that this process may use.
pub(super) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Runs the pieces, some on other threads. `nanos` is the whole work, as far as known.
pub(super) fn run(threads: usize, pieces: usize, nanos: usize, body: &(dyn Fn(usize) + Sync)) {
    let crew: &'static Crew = &CREW;
    if crew.wanted.load(Relaxed) != threads - 1 {
        crew.hire(threads - 1);
    }
    if crew.resting.load(Relaxed) {
        crew.resting.store(false, Relaxed);
    }
    let size = crew.size.load(Relaxed);
    let wake = |sleepers: usize| {
        if pieces - 1 + sleepers <= size {
            return false;
        }
        if nanos < WAKE {
            let alone = crew.alone.load(Relaxed) + nanos;
            crew.alone.store(if alone < ENOUGH { alone } else { 0 }, Relaxed);
            return alone >= ENOUGH;
        }
        true
    };
    let begin = Instant::now();
    let wait = |finished: &dyn Fn() -> bool| {
        spin(begin.elapsed().clamp(WAIT, WAIT_MOST), finished, |_| false);
    };
    if pieces > Board::MAX_PIECES || size == 0 || !crew.board.run(pieces, body, wake, wait) {
        (0..pieces).for_each(body);
    }
}

/// The workers need not spin for more work: none will come soon.
pub(super) fn rest() {
    if let Some(crew) = LazyLock::get(&CREW) {
        crew.resting.store(true, Relaxed);
    }
}

impl Crew {
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
            while let Some(piece) = self.board.claim() {
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
