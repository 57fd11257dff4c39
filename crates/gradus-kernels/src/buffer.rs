//! Shared, 64-byte aligned buffers of numbers, kept for reuse in a pool.

use crate::pool::{self, Header};
use crate::real::Real;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

/// A reference-counted buffer of numbers, aligned to 64 bytes, written only while it has one owner.
pub struct Shared<T: Real> {
    header: NonNull<Header>,
    kind: PhantomData<T>,
}

// SAFETY: the numbers are plain values; they are written only through `get_mut`, which needs the sole owner.
unsafe impl<T: Real> Send for Shared<T> {}
// SAFETY: shared access only reads.
unsafe impl<T: Real> Sync for Shared<T> {}

impl<T: Real> Shared<T> {
    /// A buffer of `len` numbers of unspecified value: whatever was there, never uninitialised memory. NaN in debug builds.
    ///
    /// # Panics
    /// If no memory could hold so many numbers.
    #[inline]
    pub fn stale(len: usize) -> Self {
        let header = pool::take(len.saturating_mul(size_of::<T>()));
        // SAFETY: the pool gave a block that nobody else uses.
        unsafe { (*header.as_ptr()).len = len };
        let mut buffer = Shared { header, kind: PhantomData };
        if cfg!(debug_assertions) {
            buffer.unique_mut().fill(T::NAN);
        }
        buffer
    }

    /// A buffer of `len` zeros.
    pub fn zeroed(len: usize) -> Self {
        let mut b = Self::stale(len);
        b.unique_mut().fill(T::ZERO);
        b
    }

    /// A copy of `x`.
    pub fn from_slice(x: &[T]) -> Self {
        let mut b = Self::stale(x.len());
        b.unique_mut().copy_from_slice(x);
        b
    }

    /// The numbers for writing, if this is the sole owner.
    #[inline]
    pub fn get_mut(&mut self) -> Option<&mut [T]> {
        self.is_unique().then(|| self.unique_mut())
    }

    /// Whether this is the sole owner.
    #[inline]
    pub fn is_unique(&self) -> bool {
        self.header().is_unique()
    }

    #[inline]
    fn header(&self) -> &Header {
        // SAFETY: the header lives as long as any owner.
        unsafe { self.header.as_ref() }
    }

    #[inline]
    fn numbers(&self) -> *mut T {
        // SAFETY: the numbers follow the header in the same block, which is aligned to 64 bytes.
        unsafe { self.header.as_ptr().add(1).cast() }
    }

    #[inline]
    fn unique_mut(&mut self) -> &mut [T] {
        debug_assert!(self.is_unique());
        // SAFETY: callers have checked that there is one owner, and it is borrowed mutably; the block holds `len` initialised numbers.
        unsafe { std::slice::from_raw_parts_mut(self.numbers(), self.header().len) }
    }
}

impl<T: Real> Deref for Shared<T> {
    type Target = [T];
    #[inline]
    fn deref(&self) -> &[T] {
        // SAFETY: the block holds `len` initialised numbers and nobody writes them while there is a second owner.
        unsafe { std::slice::from_raw_parts(self.numbers(), self.header().len) }
    }
}

impl<T: Real> Clone for Shared<T> {
    #[inline]
    fn clone(&self) -> Self {
        self.header().add_owner();
        Shared { header: self.header, kind: PhantomData }
    }
}

impl<T: Real> Drop for Shared<T> {
    #[inline]
    fn drop(&mut self) {
        if self.header().lose_owner() {
            // SAFETY: this was the last owner of a block of the pool.
            unsafe { pool::give(self.header) }
        }
    }
}

impl<T: Real> std::fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shared<{}>[{}]", T::NAME, self.len())
    }
}
