//! Any iterator, run ahead by a thread of its own.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

/// An iterator that a thread runs ahead; made by [`prefetch`].
#[derive(Debug)]
pub struct Prefetched<T> {
    items: Option<Receiver<T>>,
    thread: Option<JoinHandle<()>>,
}

/// Runs an iterator ahead by up to `ahead` items in a thread of its own: reading and parsing a stream go on while the
/// last block is used. The order is kept; a slow user holds the thread back.
///
/// ```
/// let squares: Vec<u64> = gradus_data::prefetch((0..5_u64).map(|i| i * i), 2).collect();
/// assert_eq!(squares, [0, 1, 4, 9, 16]);
/// ```
///
/// # Panics
/// If the iterator panics, `next` panics with the same payload.
pub fn prefetch<I>(items: I, ahead: usize) -> Prefetched<I::Item>
where
    I: IntoIterator<IntoIter: Send + 'static, Item: Send + 'static>,
{
    let items = items.into_iter();
    let (sender, receiver) = sync_channel(ahead);
    let thread = std::thread::spawn(move || {
        // A send fails when nobody listens any more.
        for item in items {
            if sender.send(item).is_err() {
                return;
            }
        }
    });
    Prefetched { items: Some(receiver), thread: Some(thread) }
}

impl<T> Iterator for Prefetched<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if let Some(item) = self.items.as_ref().and_then(|items| items.recv().ok()) {
            return Some(item);
        }
        self.items = None;
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
            std::panic::resume_unwind(panic);
        }
        None
    }
}

impl<T> Drop for Prefetched<T> {
    fn drop(&mut self) {
        self.items = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
