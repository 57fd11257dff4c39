//! Ties through copies: parameters of one net that share a leaf share one in the net's clone too.

use crate::node::{LeafId, Tensor};
use crate::real::Real;
use rustc_hash::FxHashMap;
use std::any::Any;
use std::cell::RefCell;

thread_local! {
    /// The new leaves of the copy that is being made, by the old ones.
    static COPIES: RefCell<Option<FxHashMap<LeafId, Box<dyn Any>>>> = const { RefCell::new(None) };
}

/// Runs `copy`, the clone of a struct of layers: parameters that are tied to one another inside it stay tied in the clone, and are tied to
/// nothing outside it. What `#[derive(Module)]` writes calls it; so does whoever writes `Clone` for a list of layers by hand.
pub fn keeping_ties<R>(copy: impl FnOnce() -> R) -> R {
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            drop(COPIES.take());
        }
    }
    let outermost = COPIES.with_borrow_mut(|c| {
        let outermost = c.is_none();
        c.get_or_insert_default();
        outermost
    });
    let _end = outermost.then(|| End);
    copy()
}

/// A new leaf with the numbers of `y`: the same one for the same `y` inside one copy.
pub(crate) fn copy_of<T: Real>(y: &Tensor<T>) -> Tensor<T> {
    let Some((id, _)) = y.leaf() else { return y.clone() };
    let known = COPIES.with_borrow(|c| c.as_ref()?.get(&id)?.downcast_ref::<Tensor<T>>().cloned());
    known.unwrap_or_else(|| {
        let new = y.tracked();
        COPIES.with_borrow_mut(|c| c.as_mut().map(|c| c.insert(id, Box::new(new.clone()))));
        new
    })
}
