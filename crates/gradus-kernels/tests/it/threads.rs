//! Laws of the thread pool: every piece once, for any number of threads, nested, from many callers, through panics.
//!
//! The number of threads belongs to the whole process, so these tests change it under each other's feet; no result may depend on it.

use gradus_kernels::threads::{
    for_each_chunk, for_each_chunk_with, for_each_piece, for_each_piece_with, rest, set_threads, threads,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

fn each_piece_runs_once(pieces: usize) {
    let ran: Vec<AtomicUsize> = (0..pieces).map(|_| AtomicUsize::new(0)).collect();
    for_each_piece(pieces, |i| {
        ran[i].fetch_add(1, Ordering::Relaxed);
    });
    assert!(ran.iter().all(|n| n.load(Ordering::Relaxed) == 1), "of {pieces} pieces one ran twice or never");
}

#[test]
fn every_piece_runs_once_for_any_number_of_threads() {
    for n in [1, 2, 3, 7, 2, 1, 4] {
        set_threads(n);
        for pieces in [0, 1, 2, 3, 10, 1000] {
            (0..50).for_each(|_| each_piece_runs_once(pieces));
        }
        rest();
    }
}

#[test]
fn chunks_are_disjoint_and_cover() {
    for (len, piece) in [(0, 3), (1, 3), (9, 3), (10, 3), (11, 3), (5, 0), (5, 100), (100_000, 7)] {
        let mut out = vec![0_usize; len];
        for_each_chunk(&mut out, piece, |start, part| {
            assert!(part.len() <= piece.max(1));
            part.iter_mut().enumerate().for_each(|(k, x)| *x += start + k + 1);
        });
        assert!(out.iter().enumerate().all(|(i, &x)| x == i + 1), "{len} in chunks of {piece}");
    }
}

#[test]
fn pieces_may_have_pieces() {
    set_threads(3);
    let count = AtomicUsize::new(0);
    for_each_piece(20, |_| {
        for_each_piece(30, |_| {
            count.fetch_add(1, Ordering::Relaxed);
        });
    });
    assert_eq!(count.into_inner(), 600);
}

#[test]
fn many_callers_at_once() {
    set_threads(2);
    std::thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| (0..2000).for_each(|i| each_piece_runs_once(i % 17)));
        }
        (0..30).for_each(|i| {
            set_threads(1 + i % 4);
            std::thread::sleep(Duration::from_millis(2));
        });
    });
}

#[test]
fn a_panic_reaches_the_caller_and_leaves_the_pool_in_order() {
    set_threads(2);
    for bad in [0, 7, 19] {
        let failure =
            catch_unwind(|| for_each_piece(20, |i| assert!(i != bad, "piece {i} fails"))).expect_err("no panic");
        let text = failure.downcast_ref::<String>().expect("the message of the piece");
        assert_eq!(text, &format!("piece {bad} fails"));
        each_piece_runs_once(100);
    }
    let mut out = [0; 10];
    assert!(catch_unwind(AssertUnwindSafe(|| for_each_chunk(&mut out, 1, |_, _| panic!("all of them")))).is_err());
    each_piece_runs_once(100);
}

#[test]
fn small_work_stays_here() {
    set_threads(2);
    let me = std::thread::current().id();
    for _ in 0..100 {
        for_each_piece_with(50, 4_000, |_| assert_eq!(std::thread::current().id(), me));
        for_each_chunk_with(&mut [0; 50], 1, 4_000, |_, _| assert_eq!(std::thread::current().id(), me));
    }
}

/// With real work, a second thread does some of it, also after it has slept.
#[test]
fn workers_come_awake_or_asleep() {
    let me = std::thread::current().id();
    for pause in [0, 20] {
        std::thread::sleep(Duration::from_millis(pause));
        let begin = Instant::now();
        let mut elsewhere = 0;
        while elsewhere == 0 && begin.elapsed() < Duration::from_secs(20) {
            set_threads(2);
            let others = AtomicUsize::new(0);
            for_each_piece(20, |_| {
                let until = Instant::now() + Duration::from_micros(200);
                while Instant::now() < until {}
                others.fetch_add(usize::from(std::thread::current().id() != me), Ordering::Relaxed);
            });
            elsewhere = others.into_inner();
        }
        assert!(elsewhere > 0, "after {pause} ms no worker came in 20 s");
    }
}

#[test]
fn the_number_of_threads_is_at_least_one() {
    assert!(threads() >= 1);
    let message = catch_unwind(|| set_threads(0)).expect_err("0 threads");
    let message = message.downcast_ref::<String>().map(String::as_str).or(message.downcast_ref::<&str>().copied());
    assert!(message.is_some_and(|m| m.contains("set_threads: n must be at least 1, got 0")));
}
