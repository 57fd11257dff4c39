//! Blocks: a header, then room; in sizes a quarter power of two apart; from the system and back.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::sync::atomic::{AtomicU64, AtomicUsize};

/// Block sizes are multiples of this, and blocks are aligned to it.
pub(super) const UNIT: usize = 64;
/// Enough classes for blocks of 2⁴⁸ bytes.
pub(super) const CLASSES: usize = 4 * 40 + 9;
/// Blocks of values have lists of their own, so far behind those of numbers: a value may leave bytes that count as never written, between and
/// inside its fields, and numbers are read as they were left.
pub(super) const VALUES: usize = 256;
/// All lists.
pub(super) const LISTS: usize = VALUES + CLASSES;
/// What `calloc` aligns to by itself: then large blocks come as untouched zero pages.
const NATURAL: usize = 16;
/// The smallest page of the systems that we know.
const PAGE: usize = 4096;
/// Blocks of at least so many bytes ask for huge pages: a pass over them waits for memory, and there are 512 times fewer of those to find.
const HUGE: usize = 4 << 20;

/// Bytes held from the system.
pub(super) static HELD: AtomicUsize = AtomicUsize::new(0);
/// Blocks taken from the system so far.
pub(super) static TAKEN: AtomicU64 = AtomicU64::new(0);
/// Blocks given back so far.
pub(super) static RETURNED: AtomicU64 = AtomicU64::new(0);

/// The 64 bytes in front of what a block holds.
#[repr(C, align(64))]
pub(crate) struct Header {
    pub(super) count: AtomicUsize,
    pub(crate) len: usize,
    pub(super) next: *mut Header,
    pub(super) class: u32,
    /// Bytes from the address that the system gave to this header.
    offset: u32,
    /// Bytes that the system gave.
    bytes: usize,
}

impl Header {
    /// Whether there is one owner: it alone could make more.
    #[inline]
    pub(crate) fn is_unique(&self) -> bool {
        self.count.load(Acquire) == 1
    }

    #[inline]
    pub(crate) fn add_owner(&self) {
        self.count.fetch_add(1, Relaxed);
    }

    /// Whether it was the last one, which then stays.
    #[inline]
    pub(crate) fn lose_owner(&self) -> bool {
        // A sole owner cannot gain company while it goes, so it needs no read-modify-write.
        if self.is_unique() {
            return true;
        }
        let last = self.count.fetch_sub(1, AcqRel) == 1;
        if last {
            self.count.store(1, Relaxed);
        }
        last
    }
}

/// The class of a block of `bytes` (at least 1), header included.
#[inline]
pub(super) fn class_of(bytes: usize) -> usize {
    let m = (bytes - 1) / UNIT;
    let shift = (m | 4).ilog2() as usize - 2;
    4 * shift + (m >> shift) + 1
}

/// The bytes of the blocks of `class`, of numbers or of values.
#[inline]
pub(super) fn size_of_class(class: usize) -> usize {
    let class = class % VALUES;
    let shift = class.saturating_sub(5) / 4;
    (class - 4 * shift) << shift << UNIT.ilog2()
}

/// A block from the system, zeroed, with one owner.
#[cold]
pub(super) fn from_system(class: usize, size: usize) -> NonNull<Header> {
    let bytes = size + UNIT - NATURAL;
    let layout = Layout::from_size_align(bytes, NATURAL).expect("pool: size overflows");
    // SAFETY: the layout is not empty: a block has at least a header.
    let start = unsafe { alloc_zeroed(layout) };
    if start.is_null() {
        handle_alloc_error(layout);
    }
    let offset = start.addr().wrapping_neg() % UNIT;
    debug_assert!(offset + size <= bytes);
    if bytes >= HUGE {
        ask_for_huge_pages(start, bytes);
    }
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

/// Tells the system that huge pages would do good here: a hint, which it may not take.
#[cfg(target_os = "linux")]
fn ask_for_huge_pages(start: *mut u8, bytes: usize) {
    let skip = start.addr().wrapping_neg() % PAGE;
    // SAFETY: whole pages inside the allocation; the advice changes no contents.
    unsafe {
        libc::madvise(start.add(skip).cast(), (bytes - skip) / PAGE * PAGE, libc::MADV_HUGEPAGE);
    }
}

#[cfg(not(target_os = "linux"))]
fn ask_for_huge_pages(_: *mut u8, _: usize) {}

/// Gives a block back to the system.
///
/// # Safety
/// The block came from [`from_system`] and nobody uses it again.
pub(super) unsafe fn to_system(block: NonNull<Header>) {
    // SAFETY: by contract the block is ours, and `offset` and `bytes` are those of its allocation.
    unsafe {
        let Header { class, offset, bytes, .. } = *block.as_ref();
        HELD.fetch_sub(if cfg!(gradus_unpooled) { bytes } else { size_of_class(class as usize) }, Relaxed);
        RETURNED.fetch_add(1, Relaxed);
        let layout = Layout::from_size_align_unchecked(bytes, NATURAL);
        dealloc(block.as_ptr().cast::<u8>().sub(offset as usize), layout);
    }
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
