//! Refusals as values: what the engine refuses inside a closure comes back as an error, without a word on the terminal.

use crate::error::{Error, ErrorKind, Result};
use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

thread_local! {
    static ATTEMPTING: Cell<bool> = const { Cell::new(false) };
}

/// A refusal of the engine on its way to the [`attempt`] around it.
struct Refused(String);

/// `f()`, and whatever a layer or an op refuses in it (shapes that do not fit, an index out of range) as an error in place of a panic: for a
/// server's edge, where the input is someone else's.
///
/// ```
/// use gradus_tensor::{ErrorKind, Tensor, attempt};
/// let (a, b) = (Tensor::<f32>::ones(&[8, 3]), Tensor::ones(&[4, 3]));
/// let why = attempt(|| a.matmul(&b)).unwrap_err();
/// assert_eq!(why.kind(), ErrorKind::Shape);
/// assert!(why.to_string().contains("did you mean right.t()?"));
/// ```
///
/// # Errors
/// If the closure is refused, or panics with words of its own (of kind `Data` then).
///
/// # Panics
/// If the closure panics without words.
pub fn attempt<R>(f: impl FnOnce() -> R) -> Result<R> {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            ATTEMPTING.set(self.0);
        }
    }
    let _restore = Restore(ATTEMPTING.replace(true));
    // Tensors never change for anyone who can see them, so a walk that ended in the middle leaves nothing half done.
    catch_unwind(AssertUnwindSafe(f)).map_err(|said| match said.downcast::<Refused>() {
        Ok(refused) => Error::new(ErrorKind::Shape, refused.0),
        Err(said) => match words(&*said) {
            Some(words) => Error::new(ErrorKind::Data, words),
            None => resume_unwind(said),
        },
    })
}

/// The message of a panic.
fn words(said: &(dyn Any + Send)) -> Option<String> {
    said.downcast_ref::<String>().cloned().or_else(|| said.downcast_ref::<&str>().map(|s| (*s).to_owned()))
}

/// Ends a call that was used wrongly: to the [`attempt`] around it, else by a panic with this message.
///
/// # Panics
/// Always.
#[track_caller]
#[cold]
pub fn refuse(message: &str) -> ! {
    if ATTEMPTING.get() {
        resume_unwind(Box::new(Refused(message.to_owned())));
    }
    panic!("{message}")
}
