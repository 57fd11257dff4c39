//! How long to spin before sleeping, and when to stop because the system needs the core for somebody else.

use std::hint::spin_loop;
use std::thread::yield_now;
use std::time::{Duration, Instant};

/// Looks at the clock after so many looks at the condition.
const LOOKS: u32 = 32;
/// Between two looks at the clock lies about a microsecond; more than this means that the system ran somebody else on this core.
const DEADLINE: Duration = Duration::from_micros(60);
/// Offers the core to whoever waits for it (it may be the very thread that we wait for) after so many looks at the clock.
const OFFER: u32 = 32;

/// What a spin ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spun {
    /// The condition holds.
    Met,
    /// The time is over, or `quit` said so.
    TimeOver,
    /// The system took the core away meanwhile.
    Missed,
}

/// Spins until `met`, for at most `limit`, while `quit` is false.
pub(super) fn spin(limit: Duration, met: impl Fn() -> bool, quit: impl Fn(Duration) -> bool) -> Spun {
    let begin = Instant::now();
    let mut last = begin;
    for round in 1_u32.. {
        for _ in 0..LOOKS {
            if met() {
                return Spun::Met;
            }
            spin_loop();
        }
        let now = Instant::now();
        if now - last > DEADLINE {
            return if met() { Spun::Met } else { Spun::Missed };
        }
        if now - begin > limit || quit(now - begin) {
            return Spun::TimeOver;
        }
        last = now;
        if round.is_multiple_of(OFFER) {
            yield_now();
        }
    }
    Spun::TimeOver
}

/// A worker's readiness to spin: gone for a while after a missed deadline, longer after each further one.
#[derive(Debug, Default)]
pub(super) struct Patience {
    misses: u32,
    /// So many times yet it sleeps at once.
    sleeps: u32,
}

impl Patience {
    /// Whether to spin this time.
    pub(super) fn spins(&mut self) -> bool {
        let spins = self.sleeps == 0;
        self.sleeps = self.sleeps.saturating_sub(1);
        spins
    }

    /// Learns how a spin ended.
    pub(super) fn learn(&mut self, spun: Spun) {
        match spun {
            Spun::Met => self.misses = self.misses.saturating_sub(1),
            Spun::TimeOver => {}
            Spun::Missed => {
                self.misses = (self.misses + 1).min(6);
                self.sleeps = 1 << self.misses;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Patience, Spun, spin};
    use std::time::Duration;

    #[test]
    fn a_spin_ends() {
        let short = Duration::from_micros(200);
        assert_eq!(spin(short, || true, |_| false), Spun::Met);
        assert_ne!(spin(short, || false, |_| false), Spun::Met);
        assert_ne!(spin(Duration::MAX, || false, |_| true), Spun::Met);
    }

    #[test]
    fn missed_deadlines_cost_patience_for_a_while() {
        let mut patience = Patience::default();
        assert!(patience.spins());
        let sleeps: Vec<usize> = (0..8)
            .map(|_| {
                patience.learn(Spun::Missed);
                (0..).take_while(|_| !patience.spins()).count()
            })
            .collect();
        assert_eq!(sleeps, [2, 4, 8, 16, 32, 64, 64, 64]);
        (0..6).for_each(|_| patience.learn(Spun::Met));
        patience.learn(Spun::Missed);
        assert_eq!((0..).take_while(|_| !patience.spins()).count(), 2);
    }
}
