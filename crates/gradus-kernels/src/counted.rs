//! Values in blocks of the pool, shared by counting their owners.

use crate::pool::{self, Header};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;

/// A value with counted owners, in a block of the [`pool`]: an `Arc` without weak references. It comes and goes without the system's
/// allocator, and a sole owner writes and drops it without a locked instruction.
pub struct Counted<X> {
    header: NonNull<Header>,
    value: PhantomData<X>,
}

// SAFETY: as for `Arc`: any owner may read the value and the last one drops it, on whatever thread.
unsafe impl<X: Send + Sync> Send for Counted<X> {}
// SAFETY: a shared owner can be cloned into another.
unsafe impl<X: Send + Sync> Sync for Counted<X> {}

impl<X> Counted<X> {
    /// A value with one owner.
    #[inline(always)]
    pub fn new(value: X) -> Self {
        const { assert!(align_of::<X>() <= align_of::<Header>(), "Counted: no block of the pool is aligned so far") };
        // Leaked if there is no memory: a value that may have to be dropped would be put together elsewhere and copied here.
        let value = ManuallyDrop::new(value);
        let owner = Self { header: pool::take_for_value(size_of::<X>()), value: PhantomData };
        // SAFETY: the pool gave a block with room for the value, that nobody else uses.
        unsafe { owner.place().write(ManuallyDrop::into_inner(value)) };
        owner
    }

    /// The value for writing, where `this` is the sole owner.
    #[inline]
    pub fn get_mut(this: &mut Self) -> Option<&mut X> {
        // SAFETY: there is one owner, and it is borrowed mutably.
        this.header().is_unique().then(|| unsafe { &mut *this.place() })
    }

    /// Gives up this owner; answers it where it was the last, and so the only one.
    #[inline]
    pub fn last(this: Self) -> Option<Self> {
        let this = ManuallyDrop::new(this);
        this.header().lose_owner().then(|| ManuallyDrop::into_inner(this))
    }

    /// Where the value lies: the same for all its owners, another for every other living value.
    #[inline]
    pub fn address(this: &Self) -> *const () {
        this.header.as_ptr().cast_const().cast()
    }

    #[inline]
    fn header(&self) -> &Header {
        // SAFETY: the header lives as long as any owner.
        unsafe { self.header.as_ref() }
    }

    #[inline]
    fn place(&self) -> *mut X {
        // SAFETY: the value follows the header in the same block.
        unsafe { self.header.as_ptr().add(1).cast() }
    }
}

impl<X> Deref for Counted<X> {
    type Target = X;
    #[inline]
    fn deref(&self) -> &X {
        // SAFETY: the value lives as long as any owner, and nobody writes it while there is a second one.
        unsafe { &*self.place() }
    }
}

impl<X> Clone for Counted<X> {
    #[inline]
    fn clone(&self) -> Self {
        self.header().add_owner();
        Counted { header: self.header, value: PhantomData }
    }
}

impl<X> Drop for Counted<X> {
    #[inline]
    fn drop(&mut self) {
        if self.header().lose_owner() {
            // SAFETY: this was the last owner: the value is dropped once, then its block, which came from the pool, goes back.
            unsafe {
                self.place().drop_in_place();
                pool::give(self.header);
            }
        }
    }
}
