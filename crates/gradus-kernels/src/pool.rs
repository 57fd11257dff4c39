//! The pool behind [`Shared`](crate::buffer::Shared): blocks of memory, kept for reuse so that a training step asks the system for nothing.
//!
//! - Sizes are classes a quarter power of two apart (in units of 64 bytes: 1 to 8, 10, 12, 14, 16, 20, …), so at most a quarter is idle.
//! - Each thread caches up to [`CACHE`] bytes without a lock; the rest lies in one depot, shared by all threads. A block freed on another
//!   thread than the one that took it stays in the cache of the thread that freed it.
//! - A block that lay in the depot for a whole window of time ([`set_window`]) was above the high-water mark of that window: it returns to
//!   the system, at the next visit to the depot.
//! - A block is zeroed once, when it comes from the system: later users see stale numbers, never uninitialised memory.
//!
//! Built with `--cfg gradus_unpooled` every buffer goes to and comes from the system, for address sanitizers.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::cell::Cell;
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Bytes that one thread keeps for itself.
pub const CACHE: usize = 32 << 20;

/// Block sizes are multiples of this, and blocks are aligned to it.
const UNIT: usize = 64;
/// Enough classes for blocks of 2⁴⁸ bytes.
const CLASSES: usize = 4 * 40 + 9;
/// A thread that lives in its own cache still visits the depot after so many frees, to let the surplus go.
const VISIT: u32 = 1 << 14;
/// What `calloc` aligns to by itself: then large blocks come as untouched zero pages.
const NATURAL: usize = 16;
/// The smallest page of the systems that we know.
const PAGE: usize = 4096;

/// The 64 bytes in front of the numbers.
#[repr(C, align(64))]
pub(crate) struct Header {
    pub(crate) count: AtomicUsize,
    pub(crate) len: usize,
    next: *mut Header,
    class: u32,
    /// Bytes from the address that the system gave to this header.
    offset: u32,
    /// Bytes that the system gave.
    bytes: usize,
}

/// The class of a block of `bytes` (at least 1), header included.
#[inline]
fn class_of(bytes: usize) -> usize {
    let m = (bytes - 1) / UNIT;
    let shift = (m | 4).ilog2() as usize - 2;
    4 * shift + (m >> shift) + 1
}

/// The bytes of the blocks of `class`.
#[inline]
fn size_of_class(class: usize) -> usize {
    let shift = class.saturating_sub(5) / 4;
    (class - 4 * shift) << shift << UNIT.ilog2()
}

/// What the pool holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Bytes in use by buffers.
    pub live: usize,
    /// Bytes that wait for reuse, in the caches of all threads and the depot.
    pub cached: usize,
    /// Blocks taken from the system so far.
    pub taken: u64,
    /// Blocks given back to the system so far.
    pub returned: u64,
}

static HELD: AtomicUsize = AtomicUsize::new(0);
static TAKEN: AtomicU64 = AtomicU64::new(0);
static RETURNED: AtomicU64 = AtomicU64::new(0);
/// Microseconds of a window.
static WINDOW: AtomicU64 = AtomicU64::new(2_000_000);

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
    let mut surplus = Chain::new();
    let mut depot = depot();
    for class in 0..CLASSES {
        let n = depot.lists[class].count;
        depot.remove(class, n, &mut surplus);
    }
    drop(depot);
    surplus.release();
}

/// A block with room for `bytes` of numbers behind its header: one owner, `len` unset.
#[inline]
pub(crate) fn take(bytes: usize) -> NonNull<Header> {
    let Some(bytes) = bytes.checked_add(UNIT).filter(|&b| b < 1 << 48) else { too_large(bytes) };
    if cfg!(gradus_unpooled) {
        return from_system(0, bytes);
    }
    let class = class_of(bytes);
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
    lists: [Cell<*mut Header>; CLASSES],
    /// Bytes in the lists; written by this thread alone, read by [`stats`].
    bytes: &'static AtomicUsize,
    until_visit: Cell<u32>,
}

impl Cache {
    fn new() -> Self {
        let bytes = depot().counter();
        Cache { lists: [const { Cell::new(null_mut()) }; CLASSES], bytes, until_visit: Cell::new(VISIT) }
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
            for class in (0..CLASSES).rev() {
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

/// Blocks of one class in the depot.
#[derive(Clone, Copy)]
struct List {
    head: *mut Header,
    count: usize,
    /// The smallest count since the window began: so many blocks nobody needed.
    low: usize,
}

struct Depot {
    lists: [List; CLASSES],
    bytes: usize,
    since: Option<Instant>,
    /// The byte counts of all caches, living or not.
    counters: Vec<&'static AtomicUsize>,
    /// The counts of threads that have ended, for the next thread.
    idle: Vec<&'static AtomicUsize>,
}

// SAFETY: blocks in the depot have no owner but the depot.
unsafe impl Send for Depot {}

static DEPOT: Mutex<Depot> = Mutex::new(Depot {
    lists: [List { head: null_mut(), count: 0, low: 0 }; CLASSES],
    bytes: 0,
    since: None,
    counters: Vec::new(),
    idle: Vec::new(),
});

fn depot() -> MutexGuard<'static, Depot> {
    DEPOT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `f` on the depot, then returns to the system what a whole window did not need.
fn visit<R>(f: impl FnOnce(&mut Depot) -> R) -> R {
    let mut surplus = Chain::new();
    let mut depot = depot();
    let result = f(&mut depot);
    depot.end_window(&mut surplus);
    drop(depot);
    surplus.release();
    result
}

impl Depot {
    fn counter(&mut self) -> &'static AtomicUsize {
        self.idle.pop().unwrap_or_else(|| {
            let counter: &'static AtomicUsize = Box::leak(Box::default());
            self.counters.push(counter);
            counter
        })
    }

    fn add(&mut self, block: NonNull<Header>) {
        // SAFETY: the block has no owner but us.
        let header = unsafe { &mut *block.as_ptr() };
        let list = &mut self.lists[header.class as usize];
        header.next = std::mem::replace(&mut list.head, header);
        list.count += 1;
        self.bytes += size_of_class(header.class as usize);
    }

    fn pop(&mut self, class: usize) -> Option<NonNull<Header>> {
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
        for class in 0..CLASSES {
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

#[cold]
fn from_system(class: usize, size: usize) -> NonNull<Header> {
    let bytes = size + UNIT - NATURAL;
    let layout = Layout::from_size_align(bytes, NATURAL).expect("pool: size overflows");
    // SAFETY: the layout is not empty: a block has at least a header.
    let start = unsafe { alloc_zeroed(layout) };
    if start.is_null() {
        handle_alloc_error(layout);
    }
    let offset = start.addr().wrapping_neg() % UNIT;
    debug_assert!(offset + size <= bytes);
    // All pages now: else the next user of the block, who may need more of it, would fault in the rest, steps later.
    for at in (0..bytes).step_by(PAGE).chain([bytes - 1]) {
        // SAFETY: `at` lies inside the allocation.
        unsafe { start.add(at).write_volatile(0) };
    }
    // SAFETY: `offset` is at most UNIT − NATURAL, so `size` bytes are left, at least a header; the sum is aligned to UNIT.
    let block = unsafe {
        let block = start.add(offset).cast::<Header>();
        block.write(Header {
            count: AtomicUsize::new(1),
            len: 0,
            next: null_mut(),
            class: class as u32,
            offset: offset as u32,
            bytes,
        });
        NonNull::new_unchecked(block)
    };
    HELD.fetch_add(if cfg!(gradus_unpooled) { bytes } else { size }, Relaxed);
    TAKEN.fetch_add(1, Relaxed);
    block
}

/// # Safety
/// The block came from [`from_system`] and nobody uses it again.
unsafe fn to_system(block: NonNull<Header>) {
    // SAFETY: by contract the block is ours, and `offset` and `bytes` are those of its allocation.
    unsafe {
        let Header { class, offset, bytes, .. } = *block.as_ref();
        HELD.fetch_sub(if cfg!(gradus_unpooled) { bytes } else { size_of_class(class as usize) }, Relaxed);
        RETURNED.fetch_add(1, Relaxed);
        let layout = Layout::from_size_align_unchecked(bytes, NATURAL);
        dealloc(block.as_ptr().cast::<u8>().sub(offset as usize), layout);
    }
}

#[cold]
#[inline(never)]
fn too_large(bytes: usize) -> ! {
    panic!("buffer: {bytes} bytes are more than any memory holds")
}

#[cfg(test)]
mod tests {
    use super::{CLASSES, UNIT, class_of, size_of_class};

    #[test]
    fn a_class_holds_its_sizes_and_wastes_at_most_a_quarter() {
        let sizes =
            (1..100_000).chain((17..48).flat_map(|e| (0..8).map(move |k| (1_usize << e) + (k << (e - 3)) - (k & 1))));
        for bytes in sizes {
            let class = class_of(bytes);
            let size = size_of_class(class);
            assert!(class < CLASSES && size >= bytes && size.is_multiple_of(UNIT), "{bytes}: class {class} of {size}");
            assert!(size_of_class(class - 1) < bytes, "{bytes}: the class below would do");
            assert!(size - bytes < (bytes / 4).max(UNIT), "{bytes}: class of {size}");
        }
    }
}
