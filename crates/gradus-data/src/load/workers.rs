//! Threads that make numbered results ahead of their use: in any order, given out in order, never too many at once.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;

/// Results `start..end` of a function, made ahead by threads.
///
/// At most `ahead` results are being made or waiting: a slow user holds the workers back. The order of the results does
/// not depend on the number of workers, nor do the results, if the function depends on its number alone.
pub(crate) struct Workers<B> {
    shared: Arc<Shared<B>>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared<B> {
    state: Mutex<State<B>>,
    /// A result has come.
    made: Condvar,
    /// There is room for another.
    room: Condvar,
}

struct State<B> {
    /// The next number that a worker may take.
    next: usize,
    /// The next number to be given out.
    wanted: usize,
    end: usize,
    ahead: usize,
    ready: BTreeMap<usize, Result<B, Box<dyn Any + Send>>>,
    stop: bool,
}

impl<B> Shared<B> {
    fn lock(&self) -> MutexGuard<'_, State<B>> {
        // No code of the user runs under the lock, so it cannot be poisoned by a panic that matters.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl<B: Send + 'static> Workers<B> {
    pub(crate) fn start(
        count: usize,
        ahead: usize,
        range: std::ops::Range<usize>,
        make: Arc<dyn Fn(usize) -> B + Send + Sync>,
    ) -> Self {
        let state = State {
            next: range.start,
            wanted: range.start,
            end: range.end,
            ahead: ahead.max(1),
            ready: BTreeMap::new(),
            stop: false,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), made: Condvar::new(), room: Condvar::new() });
        let thread = |_| {
            let (shared, make) = (shared.clone(), make.clone());
            std::thread::Builder::new().name("gradus-data".into()).spawn(move || work(&shared, &*make))
        };
        // Fewer threads than asked for change nothing but the time; without any, `next` makes the results itself.
        let threads = (0..count.min(range.len())).map_while(|number| thread(number).ok()).collect();
        Workers { shared, threads }
    }

    /// The next result in order, or `None` after the last.
    pub(crate) fn next(&mut self, make: &dyn Fn(usize) -> B) -> Option<B> {
        let mut state = self.shared.lock();
        let wanted = state.wanted;
        if wanted >= state.end {
            return None;
        }
        if self.threads.is_empty() {
            state.wanted += 1;
            drop(state);
            return Some(make(wanted));
        }
        loop {
            if let Some(result) = state.ready.remove(&wanted) {
                state.wanted += 1;
                drop(state);
                self.shared.room.notify_all();
                return Some(result.unwrap_or_else(|panic| resume_unwind(panic)));
            }
            state = self.shared.made.wait(state).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
    }
}

fn work<B>(shared: &Shared<B>, make: &dyn Fn(usize) -> B) {
    loop {
        let mut state = shared.lock();
        while !state.stop && state.next < state.end && state.next >= state.wanted + state.ahead {
            state = shared.room.wait(state).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        if state.stop || state.next >= state.end {
            return;
        }
        let number = state.next;
        state.next += 1;
        drop(state);
        let result = catch_unwind(AssertUnwindSafe(|| make(number)));
        shared.lock().ready.insert(number, result);
        shared.made.notify_all();
    }
}

impl<B> Drop for Workers<B> {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.room.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
