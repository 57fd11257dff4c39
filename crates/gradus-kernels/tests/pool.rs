//! Laws of the buffer pool. A binary of its own, one test at a time: it counts what the pool of the whole process holds.

use gradus_kernels::{Counted, Shared, pool};
use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::{Arc, Barrier, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

const MIB: usize = 1 << 20;

/// A made-up training step: buffers of many sizes that grow to a peak of a few `scale` kilobytes and go again.
fn step(scale: usize) {
    let mut held = Vec::with_capacity(64);
    for i in 1..60 {
        let mut x = Shared::<f32>::stale(1 + (i * i * scale) % (97 * scale));
        x.get_mut().expect("a fresh buffer has one owner").fill(i as f32);
        if i % 3 == 0 {
            held.swap_remove(i / 7);
        }
        held.push(x);
    }
}

#[test]
fn numbers_are_aligned_and_apart() {
    let _turn = alone();
    let all: Vec<Shared<f32>> = (0..3000).map(|n| Shared::from_slice(&vec![n as f32; n])).collect();
    for (n, x) in all.iter().enumerate() {
        assert_eq!(x.as_ptr().addr() % 64, 0, "{n} numbers");
        assert_eq!(x.len(), n);
        assert!(x.iter().all(|&v| v == n as f32), "{n} numbers were overwritten by a neighbour");
    }
    assert_eq!(Shared::<f64>::zeroed(1000)[..], [0.0; 1000]);
}

#[test]
fn sharing_counts_owners() {
    let _turn = alone();
    let mut a = Shared::from_slice(&[1.0_f64, 2.0]);
    let b = a.clone();
    assert!(a.get_mut().is_none() && !b.is_unique());
    drop(b);
    a.get_mut().expect("one owner is left")[0] = 5.0;
    assert_eq!(a[..], [5.0, 2.0]);
}

#[test]
fn a_counted_value_is_written_by_a_sole_owner_and_dropped_by_the_last() {
    let _turn = alone();
    let witness = Arc::new(());
    let mut a = Counted::new((Arc::clone(&witness), 1_u64));
    let b = a.clone();
    assert_eq!(Counted::address(&a), Counted::address(&b));
    assert!(Counted::get_mut(&mut a).is_none());
    assert!(Counted::last(b).is_none(), "another owner is left");
    Counted::get_mut(&mut a).expect("one owner is left").1 = 5;
    assert_eq!((a.1, Arc::strong_count(&witness)), (5, 2));
    let a = Counted::last(a).expect("it is the last");
    assert_eq!((a.1, Arc::strong_count(&witness)), (5, 2));
    let at = Counted::address(&a);
    drop(a);
    assert_eq!(Arc::strong_count(&witness), 1);
    assert_eq!(Counted::address(&Counted::new([0_u64; 2])), at, "its block is the next one of its size");
}

/// A value has bytes that nobody writes (here between its fields), and numbers are read as they were left.
#[test]
fn a_block_of_a_value_never_serves_numbers() {
    let _turn = alone();
    let (value, number) = (Counted::new((1_u8, 1_u64)), Shared::<f64>::stale(2));
    let (of_value, of_number) = (Counted::address(&value).addr(), number.as_ptr().addr() - 64);
    // The value's block is the last to go, and would be the first to come.
    drop(number);
    drop(value);
    let number = Shared::<f64>::stale(2);
    let value = Counted::new((2_u8, 2_u64));
    assert_eq!((Counted::address(&value).addr(), number.as_ptr().addr() - 64), (of_value, of_number));
}

/// Two owners who go at the same time: one of them is the last, and the value is dropped once.
#[test]
fn of_counted_owners_on_two_threads_one_is_the_last() {
    let _turn = alone();
    let rounds = 2_000;
    let witness = Arc::new(());
    let values: Vec<_> = (0..rounds).map(|_| Counted::new(Arc::clone(&witness))).collect();
    let others = values.clone();
    let start = Barrier::new(2);
    let lasts = |owners: Vec<Counted<Arc<()>>>| {
        start.wait();
        owners.into_iter().filter_map(Counted::last).count()
    };
    let (here, there) = thread::scope(|s| {
        let there = s.spawn(|| lasts(others));
        (lasts(values), there.join().expect("the other thread"))
    });
    assert_eq!((here + there, Arc::strong_count(&witness)), (rounds, 1));
}

#[test]
fn a_freed_block_is_the_next_one_of_its_size() {
    let _turn = alone();
    let x = Shared::<f32>::stale(100);
    let at = x.as_ptr();
    drop(x);
    // Also for the other kind of numbers, of the same class of bytes.
    let y = Shared::<f64>::stale(50);
    assert_eq!(y.as_ptr().addr(), at.addr());
}

#[test]
fn a_block_freed_elsewhere_serves_there_and_then_everyone() {
    let _turn = alone();
    let blocks: Vec<_> = (0..50).map(|_| Shared::<f32>::zeroed(70_000)).collect();
    let addresses: HashSet<usize> = blocks.iter().map(|b| b.as_ptr().addr()).collect();
    let taken = pool::stats().taken;
    thread::spawn(move || {
        drop(blocks);
        let again: Vec<_> = (0..50).map(|_| Shared::<f32>::stale(70_000)).collect();
        assert!(again.iter().all(|b| addresses.contains(&b.as_ptr().addr())));
    })
    .join()
    .expect("the other thread");
    // Its cache went to the depot when it ended.
    let _again: Vec<_> = (0..50).map(|_| Shared::<f32>::stale(70_000)).collect();
    assert_eq!(pool::stats().taken, taken);
}

#[test]
fn many_threads_share_and_free_each_others_buffers() {
    let _turn = alone();
    let live = pool::stats().live;
    let slots: Arc<Vec<Mutex<Option<Shared<f64>>>>> = Arc::new((0..16).map(|_| Mutex::new(None)).collect());
    thread::scope(|s| {
        for t in 0..4_usize {
            let slots = &slots;
            s.spawn(move || {
                for i in 0..20_000_usize {
                    let n = (i * 31 + t * 7) % 500;
                    let x = Shared::from_slice(&vec![n as f64; n]);
                    let keep = x.clone();
                    let old = slots[(i * 5 + t) % 16].lock().expect("no test thread panics").replace(x);
                    assert!(keep.iter().all(|&v| v == n as f64));
                    if let Some(old) = old {
                        assert!(old.iter().all(|&v| v == old.len() as f64));
                    }
                }
            });
        }
    });
    drop(slots);
    assert_eq!(pool::stats().live, live, "a buffer is lost");
}

#[test]
fn buffers_may_die_in_thread_local_destructors() {
    let _turn = alone();
    thread_local!(static KEPT: RefCell<Vec<Shared<f32>>> = const { RefCell::new(Vec::new()) });
    let live = pool::stats().live;
    for pool_first in [true, false] {
        thread::spawn(move || {
            if pool_first {
                drop(Shared::<f32>::stale(9));
            }
            KEPT.with_borrow_mut(|kept| kept.push(Shared::zeroed(1000)));
        })
        .join()
        .expect("the destructors ran without a panic");
    }
    assert_eq!(pool::stats().live, live);
}

#[test]
fn steady_steps_take_nothing_and_fault_no_page() {
    let _turn = alone();
    for scale in [1, 1_000, 20_000] {
        (0..5).for_each(|_| step(scale));
        let (before, faults) = (pool::stats(), page_faults());
        (0..40).for_each(|_| step(scale));
        let (after, faults) = (pool::stats(), page_faults() - faults);
        assert_eq!((after.taken, after.live), (before.taken, before.live), "scale {scale}");
        // The test itself may touch a page or two.
        assert!(faults < 8, "scale {scale}: {faults} page faults in 40 steps");
    }
}

/// Minor page faults of this thread; 0 where the system does not tell.
fn page_faults() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap_or_default();
    stat.rsplit(')').next().and_then(|s| s.split_whitespace().nth(7)?.parse().ok()).unwrap_or(0)
}

#[test]
fn what_exceeds_the_recent_high_water_mark_returns_to_the_system() {
    let _turn = alone();
    pool::trim();
    pool::set_window(Duration::from_millis(50));
    drop((0..40).map(|_| Shared::<f32>::stale(2 * MIB)).collect::<Vec<_>>());
    let peak = pool::stats();
    assert!(peak.cached > 300 * MIB, "{peak:?}");
    // A smaller life goes on, of 64 MiB and of a few bytes; its own blocks stay in reach.
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(20) && pool::stats().cached > 100 * MIB {
        drop((0..8).map(|_| Shared::<f32>::stale(2 * MIB)).collect::<Vec<_>>());
        (0..1000).for_each(|_| drop(Shared::<f32>::stale(16)));
    }
    let low = pool::stats();
    assert!(low.cached < 100 * MIB && low.cached >= 64 * MIB, "{low:?}");
    (0..100).for_each(|_| drop((0..8).map(|_| Shared::<f32>::stale(2 * MIB)).collect::<Vec<_>>()));
    assert_eq!(pool::stats().taken, low.taken);

    // And a thread that lives in its cache alone still lets the depot shrink.
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(20) && pool::stats().cached > 50 * MIB {
        (0..10_000).for_each(|_| drop(Shared::<f32>::stale(16)));
    }
    assert!(pool::stats().cached < 50 * MIB, "{:?}", pool::stats());
    pool::set_window(Duration::from_secs(2));
    pool::trim();
    assert!(pool::stats().cached < MIB, "{:?}", pool::stats());
}

#[test]
#[should_panic(expected = "more than any memory holds")]
fn absurd_lengths_are_refused() {
    drop(Shared::<f64>::stale(usize::MAX / 4));
}

#[cfg(debug_assertions)]
#[test]
fn stale_numbers_are_nan_in_debug_builds() {
    let _turn = alone();
    drop(Shared::<f32>::zeroed(33));
    assert!(Shared::<f32>::stale(33).iter().all(|v| v.is_nan()));
}
