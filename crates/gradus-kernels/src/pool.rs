//! The pool behind [`Shared`](crate::buffer::Shared) and [`Counted`](crate::counted::Counted): blocks of memory, kept for reuse so that a
//! training step asks the system for nothing.
//!
//! - Sizes are classes a quarter power of two apart (in units of 64 bytes: 1 to 8, 10, 12, 14, 16, 20, …), so at most a quarter is idle.
//! - Each thread caches up to [`CACHE`] bytes without a lock; the rest lies in one depot, shared by all threads. A block freed on another
//!   thread than the one that took it stays in the cache of the thread that freed it.
//! - A block that lay in the depot for a whole window of time ([`set_window`]) was above the high-water mark of that window: it returns to
//!   the system, at the next visit to the depot.
//! - A block is zeroed once, when it comes from the system: later users see stale numbers, never uninitialised memory. Blocks of counted
//!   values, which have bytes that nobody writes, serve values alone.
//!
//! Built with `--cfg gradus_unpooled` every buffer goes to and comes from the system, for address sanitizers.

mod block;
mod depot;

pub(crate) use block::Header;
use block::{HELD, LISTS, RETURNED, TAKEN, UNIT, VALUES, class_of, from_system, size_of_class, to_system};
use depot::{WINDOW, clear, depot, visit};
use std::cell::Cell;
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

/// Bytes that one thread keeps for itself.
pub const CACHE: usize = 32 << 20;

/// A thread that lives in its own cache still visits the depot after so many frees, to let the surplus go.
const VISIT: u32 = 1 << 14;

/// What the pool holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Bytes in use by buffers and counted values.
    pub live: usize,
    /// Bytes that wait for reuse, in the caches of all threads and the depot.
    pub cached: usize,
    /// Blocks taken from the system so far.
    pub taken: u64,
    /// Blocks given back to the system so far.
    pub returned: u64,
}

/// What the pool holds now. Exact while no other thread takes or frees.
pub fn stats() -> Stats {
    let depot = depot();
    let cached = depot.bytes + depot.counters.iter().map(|c| c.load(Relaxed)).sum::<usize>();
    let held = HELD.load(Relaxed);
    Stats { live: held.saturating_sub(cached), cached, taken: TAKEN.load(Relaxed), returned: RETURNED.load(Relaxed) }
}

/// Sets how long a block must have lain unused in the depot before it returns to the system: two seconds at first, and five more for each
/// GiB that waits there, so that faulting it in again never costs more than a few percent of the time. Zero keeps nothing there for long;
/// `Duration::MAX` returns nothing.
pub fn set_window(window: Duration) {
    WINDOW.store(u64::try_from(window.as_micros()).unwrap_or(u64::MAX), Relaxed);
}

/// Returns to the system all that this thread's cache and the depot hold (the caches of other threads stay).
pub fn trim() {
    let _ = LOCAL.try_with(|cache| cache.spill(0));
    clear();
}

/// A block with room for `bytes` of numbers behind its header: one owner, `len` unset.
#[inline]
pub(crate) fn take(bytes: usize) -> NonNull<Header> {
    take_from(0, bytes)
}

/// A block with room for a value of `bytes`, one that never held and never will hold numbers.
#[inline]
pub(crate) fn take_for_value(bytes: usize) -> NonNull<Header> {
    take_from(VALUES, bytes)
}

#[inline]
fn take_from(lists: usize, bytes: usize) -> NonNull<Header> {
    let Some(bytes) = bytes.checked_add(UNIT).filter(|&b| b < 1 << 48) else { too_large(bytes) };
    if cfg!(gradus_unpooled) {
        return from_system(0, bytes);
    }
    let class = lists + class_of(bytes);
    LOCAL.try_with(|cache| cache.take(class)).unwrap_or_else(|_| take_slowly(None, class))
}

/// Takes back a block that has no owner left.
///
/// # Safety
/// The block came from [`take`] and nobody uses it again.
#[inline]
pub(crate) unsafe fn give(block: NonNull<Header>) {
    if cfg!(gradus_unpooled) {
        // SAFETY: by contract of `give`.
        return unsafe { to_system(block) };
    }
    // While the thread dies its cache may be gone already.
    if LOCAL.try_with(|cache| cache.give(block)).is_err() {
        visit(|depot| depot.add(block));
    }
}

thread_local! {
    static LOCAL: Cache = Cache::new();
}

/// The blocks that one thread keeps.
struct Cache {
    lists: [Cell<*mut Header>; LISTS],
    /// Bytes in the lists; written by this thread alone, read by [`stats`].
    bytes: &'static AtomicUsize,
    until_visit: Cell<u32>,
}

impl Cache {
    fn new() -> Self {
        let bytes = depot().counter();
        Cache { lists: [const { Cell::new(null_mut()) }; LISTS], bytes, until_visit: Cell::new(VISIT) }
    }

    #[inline]
    fn add_bytes(&self, n: usize) -> usize {
        let bytes = self.bytes.load(Relaxed).wrapping_add(n);
        self.bytes.store(bytes, Relaxed);
        bytes
    }

    #[inline]
    fn take(&self, class: usize) -> NonNull<Header> {
        let Some(block) = self.pop(class) else { return take_slowly(Some(self), class) };
        // SAFETY: a block in a list has no owner but the list.
        unsafe { *(*block.as_ptr()).count.get_mut() = 1 };
        block
    }

    #[inline]
    fn pop(&self, class: usize) -> Option<NonNull<Header>> {
        let block = NonNull::new(self.lists[class].get())?;
        // SAFETY: a block in a list has no owner but the list.
        self.lists[class].set(unsafe { block.as_ref().next });
        self.add_bytes(size_of_class(class).wrapping_neg());
        Some(block)
    }

    #[inline]
    fn push(&self, block: NonNull<Header>) -> usize {
        // SAFETY: the block has no owner but us, and `class` was set by `from_system`.
        let class = unsafe {
            let header = &mut *block.as_ptr();
            let class = header.class as usize;
            header.next = self.lists[class].replace(block.as_ptr());
            class
        };
        self.add_bytes(size_of_class(class))
    }

    #[inline]
    fn give(&self, block: NonNull<Header>) {
        let bytes = self.push(block);
        let left = self.until_visit.get() - 1;
        self.until_visit.set(left);
        if bytes > CACHE || left == 0 {
            self.overflow(bytes);
        }
    }

    #[cold]
    #[inline(never)]
    fn overflow(&self, bytes: usize) {
        self.until_visit.set(VISIT);
        if bytes > CACHE { self.spill(CACHE / 2) } else { visit(|_| ()) }
    }

    /// Moves blocks to the depot, the largest first (a visit there costs them least), until `target` bytes are left.
    fn spill(&self, target: usize) {
        visit(|depot| {
            for class in (0..LISTS).rev() {
                while self.bytes.load(Relaxed) > target {
                    let Some(block) = self.pop(class) else { break };
                    depot.add(block);
                }
            }
        });
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        self.spill(0);
        depot().idle.push(self.bytes);
    }
}

/// From the depot, with a few more of small blocks for the cache, else from the system.
#[cold]
#[inline(never)]
fn take_slowly(cache: Option<&Cache>, class: usize) -> NonNull<Header> {
    let size = size_of_class(class);
    let found = visit(|depot| {
        let block = depot.pop(class)?;
        if let Some(cache) = cache {
            for _ in 1..((64 << 10) / size).min(32) {
                let Some(more) = depot.pop(class) else { break };
                cache.push(more);
            }
        }
        Some(block)
    });
    let Some(block) = found else { return from_system(class, size) };
    // SAFETY: the block left the depot: it has no owner but us.
    unsafe { *(*block.as_ptr()).count.get_mut() = 1 };
    block
}

#[cold]
#[inline(never)]
fn too_large(bytes: usize) -> ! {
    panic!("buffer: {bytes} bytes are more than any memory holds")
}
