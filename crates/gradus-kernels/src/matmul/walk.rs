//! Where a tile finds the numbers of its operands.

use super::tile::LOW;

/// Where the numbers of a row, or of a step of k, lie.
pub(crate) trait Walk: Copy {
    /// The offset of number i.
    ///
    /// # Safety
    /// i is below the length of the walk.
    unsafe fn at(self, i: usize) -> usize;
    /// Whether [`copy`](Walk::copy) says where.
    const COPIED: bool = false;
    /// Where the vectors of step i are written as they are read: nowhere, but for [`Copied`].
    #[inline(always)]
    fn copy<T>(self, _i: usize) -> Option<*mut T> {
        None
    }
    /// Whether a tile has its whole height although only some of its rows exist: the others are read, and not written.
    const PADDED: bool = false;
}

/// Equal steps.
#[derive(Clone, Copy)]
pub(crate) struct Steps(pub(crate) usize);

impl Walk for Steps {
    #[inline(always)]
    unsafe fn at(self, i: usize) -> usize {
        i * self.0
    }
}

/// Rows of a strip.
pub(crate) const STRIP: usize = LOW;

/// As many numbers a step as a strip of the left operand has rows.
#[derive(Clone, Copy)]
pub(crate) struct Strip;

impl Walk for Strip {
    const PADDED: bool = true;
    #[inline(always)]
    unsafe fn at(self, i: usize) -> usize {
        STRIP * i
    }
}

/// One number after another.
#[derive(Clone, Copy)]
pub(crate) struct Dense;

impl Walk for Dense {
    #[inline(always)]
    unsafe fn at(self, i: usize) -> usize {
        i
    }
}

/// Equal steps of `row` numbers, the vectors of which are written one behind the other to `to` when they are read, `width` numbers a step.
#[derive(Clone, Copy)]
pub(crate) struct Copied<T> {
    pub(crate) row: usize,
    pub(crate) to: *mut T,
    pub(crate) width: usize,
}

impl<T: Copy> Walk for Copied<T> {
    const COPIED: bool = true;
    #[inline(always)]
    unsafe fn at(self, i: usize) -> usize {
        i * self.row
    }

    #[inline(always)]
    fn copy<U>(self, i: usize) -> Option<*mut U> {
        Some(self.to.wrapping_add(i * self.width).cast())
    }
}

/// Offsets from a table.
#[derive(Clone, Copy)]
pub(crate) struct Table(pub(crate) *const u32);

impl Walk for Table {
    #[inline(always)]
    unsafe fn at(self, i: usize) -> usize {
        // SAFETY: the caller keeps i below the length.
        unsafe { *self.0.add(i) as usize }
    }
}
