//! How far apart the cores of two threads are, and how much work is worth sharing across that distance.
//!
//! What one thread writes and another reads passes between their cores' caches. Behind one last-level cache a line comes and goes in some
//! 85 ns, between two such caches in 225, and then a line that both have read is written again at 29 ns each where it was 7 (all measured
//! on a Zen 4; two cores of an Intel Xeon were always far, at 215): a step of a small net took 117 µs on two near cores, 206 on two far
//! ones, 137 on one thread. Virtual machines move threads from the one to the other within seconds, so the distance is measured again and
//! again.

use super::LEAST;
use super::board::Board;
use super::spin::{Spun, spin};
use std::sync::atomic::{
    AtomicU32, AtomicU64, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use std::time::{Duration, Instant};

/// More work is never asked for.
const MOST: usize = 15_000;
/// A round trip of a cache line, in nanoseconds, at which [`LEAST`] is worth sharing.
const NEAR: usize = 100;

/// Round trips of a measurement: the fastest counts.
const ROUNDS: usize = 24;
/// A caller waits so long for the worker, which may sleep.
const LIMIT: Duration = Duration::from_micros(5);
/// A measurement serves so many nanoseconds.
const VALID: u64 = 10_000_000;
/// After one to which no worker came the next is tried so many nanoseconds later, then twice as many, until it is as long as above.
const RETRY: u64 = 100_000;

/// The distance, as last measured.
#[derive(Debug)]
pub(super) struct Distance {
    least: AtomicUsize,
    /// The last round trip in nanoseconds: the shorter of two in a row counts, for other work on the machine only lengthens them.
    trip: AtomicU64,
    /// When it is measured again.
    next: AtomicU64,
    failures: AtomicU32,
}

impl Distance {
    pub(super) fn new() -> Self {
        Distance {
            least: AtomicUsize::new(LEAST),
            trip: AtomicU64::new(0),
            next: AtomicU64::new(0),
            failures: AtomicU32::new(0),
        }
    }

    /// How much work, in nanoseconds, is worth sharing; measured first where it is time to, `now` nanoseconds after some start.
    pub(super) fn least(&self, now: u64, board: &Board) -> usize {
        let next = self.next.load(Relaxed);
        if now >= next && self.next.compare_exchange(next, now + VALID, Relaxed, Relaxed).is_ok() {
            match round_trip(board) {
                Some(trip) => {
                    self.failures.store(0, Relaxed);
                    let before = self.trip.swap(trip, Relaxed);
                    self.least.store(worth(trip.min(before)), Relaxed);
                }
                None => {
                    let failures = self.failures.fetch_add(1, Relaxed).min(6);
                    self.next.store(now + (RETRY << failures), Relaxed);
                }
            }
        }
        self.least.load(Relaxed)
    }
}

/// The least work that is worth sharing where a cache line takes so long there and back: as the square, since not only the wait for
/// a line grows, but also what it costs to write one that both have read.
fn worth(trip: u64) -> usize {
    let trip = trip as usize;
    (trip.saturating_mul(trip).saturating_mul(LEAST) / (NEAR * NEAR)).clamp(LEAST, MOST)
}

/// How many nanoseconds a cache line takes to a worker and back, if one comes. One that sleeps is woken, and will be there the next time.
#[cold]
fn round_trip(board: &Board) -> Option<u64> {
    /// The caller no longer plays.
    const OVER: usize = usize::MAX;
    // The caller makes it odd, the worker even.
    let turn = AtomicUsize::new(0);
    let best = AtomicU64::new(u64::MAX);
    let met = |at: usize| {
        spin(LIMIT, || [at, OVER].contains(&turn.load(Acquire)), |_| false) == Spun::Met && turn.load(Acquire) == at
    };
    let played = board.run(
        2,
        &|piece| {
            for round in 0..ROUNDS {
                let (ping, pong) = (2 * round + 1, 2 * round + 2);
                if piece == 0 {
                    let sent = Instant::now();
                    turn.store(ping, Release);
                    if !met(pong) {
                        return turn.store(OVER, Release);
                    }
                    best.fetch_min(sent.elapsed().as_nanos() as u64, Relaxed);
                } else {
                    if !met(ping) {
                        return;
                    }
                    turn.store(pong, Release);
                }
            }
        },
        |_| true,
        |_| {},
    );
    let best = best.into_inner();
    (played && best < u64::MAX).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::super::board::{Board, End};
    use super::*;
    use std::hint::spin_loop;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn the_farther_the_more_work() {
        assert_eq!([0, 80, 150, 225].map(worth), [LEAST, LEAST, 13_500, MOST]);
    }

    #[test]
    fn nobody_comes_and_nobody_waits() {
        assert_eq!(round_trip(&Board::new()), None);
        let (distance, board) = (Distance::new(), Board::new());
        assert_eq!(distance.least(0, &board), LEAST);
        assert_eq!(distance.next.load(Relaxed), RETRY);
        assert_eq!(distance.least(RETRY, &board), LEAST);
        assert_eq!(distance.next.load(Relaxed), 3 * RETRY);
        // Not yet.
        assert_eq!(distance.least(2 * RETRY, &board), LEAST);
        assert_eq!(distance.failures.load(Relaxed), 2);
    }

    #[test]
    fn a_line_goes_to_a_worker_and_back() {
        let (board, over) = (Board::new(), AtomicBool::new(false));
        std::thread::scope(|s| {
            s.spawn(|| {
                while !over.load(Relaxed) {
                    while let Some(piece) = board.claim(End::Last) {
                        board.perform(piece);
                    }
                    spin_loop();
                }
            });
            // The system may run the worker elsewhere for a while; it comes some time.
            let trip = (0..10_000_000).find_map(|_| round_trip(&board));
            over.store(true, Relaxed);
            assert!(trip.is_some_and(|t| t > 0 && t < 1_000_000_000));
        });
    }
}
