//! The depot: what no thread keeps for itself, behind one lock; surplus leaves it for the system when a window of time ends.

use super::block::{Header, LISTS, size_of_class, to_system};
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Microseconds of a window.
pub(super) static WINDOW: AtomicU64 = AtomicU64::new(2_000_000);

/// Blocks of one class in the depot.
#[derive(Clone, Copy)]
struct List {
    head: *mut Header,
    count: usize,
    /// The smallest count since the window began: so many blocks nobody needed.
    low: usize,
}

/// Free blocks by class.
pub(super) struct Depot {
    lists: [List; LISTS],
    pub(super) bytes: usize,
    since: Option<Instant>,
    /// The byte counts of all caches, living or not.
    pub(super) counters: Vec<&'static AtomicUsize>,
    /// The counts of threads that have ended, for the next thread.
    pub(super) idle: Vec<&'static AtomicUsize>,
}

// SAFETY: blocks in the depot have no owner but the depot.
unsafe impl Send for Depot {}

static DEPOT: Mutex<Depot> = Mutex::new(Depot {
    lists: [List { head: null_mut(), count: 0, low: 0 }; LISTS],
    bytes: 0,
    since: None,
    counters: Vec::new(),
    idle: Vec::new(),
});

/// The depot, locked.
pub(super) fn depot() -> MutexGuard<'static, Depot> {
    DEPOT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `f` on the depot, then returns to the system what a whole window did not need.
pub(super) fn visit<R>(f: impl FnOnce(&mut Depot) -> R) -> R {
    let mut surplus = Chain::new();
    let mut depot = depot();
    let result = f(&mut depot);
    depot.end_window(&mut surplus);
    drop(depot);
    surplus.release();
    result
}

/// Returns all that the depot holds to the system.
pub(super) fn clear() {
    let mut surplus = Chain::new();
    let mut depot = depot();
    for class in 0..LISTS {
        let n = depot.lists[class].count;
        depot.remove(class, n, &mut surplus);
    }
    drop(depot);
    surplus.release();
}

impl Depot {
    pub(super) fn counter(&mut self) -> &'static AtomicUsize {
        self.idle.pop().unwrap_or_else(|| {
            let counter: &'static AtomicUsize = Box::leak(Box::default());
            self.counters.push(counter);
            counter
        })
    }

    pub(super) fn add(&mut self, block: NonNull<Header>) {
        // SAFETY: the block has no owner but us.
        let class = unsafe { block.as_ref().class as usize };
        let list = &mut self.lists[class];
        // SAFETY: as above; written by the pointer that the list keeps.
        unsafe { (*block.as_ptr()).next = std::mem::replace(&mut list.head, block.as_ptr()) };
        list.count += 1;
        self.bytes += size_of_class(class);
    }

    pub(super) fn pop(&mut self, class: usize) -> Option<NonNull<Header>> {
        let list = &mut self.lists[class];
        let block = NonNull::new(list.head)?;
        // SAFETY: the block has no owner but the list.
        list.head = unsafe { block.as_ref().next };
        list.count -= 1;
        list.low = list.low.min(list.count);
        self.bytes -= size_of_class(class);
        Some(block)
    }

    fn remove(&mut self, class: usize, n: usize, to: &mut Chain) {
        for _ in 0..n {
            let Some(block) = self.pop(class) else { break };
            to.add(block);
        }
    }

    fn end_window(&mut self, surplus: &mut Chain) {
        if self.bytes == 0 {
            return;
        }
        let now = Instant::now();
        let since = *self.since.get_or_insert(now);
        let window = WINDOW.load(Relaxed);
        // Five seconds for each GiB: 4.66 microseconds for each KiB.
        let extra = if window == 0 { 0 } else { (self.bytes >> 10) as u64 * 5 };
        if now.duration_since(since) < Duration::from_micros(window.saturating_add(extra)) {
            return;
        }
        self.since = Some(now);
        for class in 0..LISTS {
            let low = self.lists[class].low;
            self.remove(class, low, surplus);
            self.lists[class].low = self.lists[class].count;
        }
    }
}

/// Blocks on their way to the system, outside the lock.
struct Chain(*mut Header);

impl Chain {
    fn new() -> Self {
        Chain(null_mut())
    }

    fn add(&mut self, block: NonNull<Header>) {
        // SAFETY: the block has no owner but us.
        unsafe { (*block.as_ptr()).next = std::mem::replace(&mut self.0, block.as_ptr()) };
    }

    fn release(self) {
        let mut next = self.0;
        while let Some(block) = NonNull::new(next) {
            // SAFETY: the block has no owner but this chain.
            unsafe {
                next = block.as_ref().next;
                to_system(block);
            }
        }
    }
}
