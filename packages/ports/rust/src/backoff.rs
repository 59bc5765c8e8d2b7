//! When to connect again.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

/// A connection that lived this long shows that the monitor works: the next failure counts as the
/// first.
const PROVEN: Duration = Duration::from_secs(1);

/// A connection that lived this long and was then closed by the monitor was closed for being idle.
pub(crate) const IDLE: Duration = Duration::from_secs(10);

const FIRST_BOUND_S: f64 = 0.25;
const LAST_BOUND_S: f64 = 30.0;

/// How far connections that open but do not last let the bound grow: to 2 s.
const MOST_BRIEF_FAILURES: u32 = 4;

/// The attempts of one client that failed in a row, and the pauses after them.
pub(crate) struct Backoff {
    failures: u32,
    seed: u64,
}

impl Backoff {
    pub(crate) fn new() -> Backoff {
        // Its keys are random, also in a process that was forked.
        let random = RandomState::new().build_hasher().finish() ^ u64::from(std::process::id());
        Backoff { failures: 0, seed: random | 1 }
    }

    /// The pause before the next attempt, now that one failed (`None`) or a connection ended after
    /// so long: anything from 0 to a bound that doubles, since all the bots of a machine lose their
    /// monitor in one instant and must not come back in another.
    pub(crate) fn pause_after(&mut self, lived: Option<Duration>) -> Duration {
        self.failures = match lived {
            None => self.failures.saturating_add(1),
            Some(lived) if lived >= PROVEN => 1,
            Some(_) => self.failures.saturating_add(1).min(MOST_BRIEF_FAILURES),
        };
        let doublings = self.failures.saturating_sub(1).min(16);
        let bound = (FIRST_BOUND_S * f64::from(1u32 << doublings)).min(LAST_BOUND_S);
        Duration::from_secs_f64(self.random() * bound)
    }

    /// How long a client with nothing to say stays away from a monitor that closed its idle
    /// connection.
    pub(crate) fn rest(&mut self) -> Duration {
        self.failures = 0;
        Duration::from_secs_f64(self.random() * LAST_BOUND_S)
    }

    /// From 0 to below 1.
    fn random(&mut self) -> f64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        (self.seed >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn longest(mut pause: impl FnMut(&mut Backoff) -> Duration) -> f64 {
        (0..400).map(|_| pause(&mut Backoff::new()).as_secs_f64()).fold(0.0, f64::max)
    }

    #[test]
    fn the_bound_of_a_pause_doubles_from_a_quarter_of_a_second_to_thirty_seconds() {
        for (failures, bound) in [(1, 0.25), (2, 0.5), (3, 1.0), (5, 4.0), (8, 30.0), (2_000, 30.0)] {
            let most = longest(|backoff| {
                for _ in 1..failures {
                    let _ = backoff.pause_after(None);
                }
                backoff.pause_after(None)
            });
            assert!(most <= bound, "{failures}: {most}");
            // Of 400 random times one is in the upper tenth.
            assert!(most > 0.9 * bound, "{failures}: {most}");
        }
    }

    #[test]
    fn a_connection_that_lived_a_second_leads_the_bound_back_to_its_beginning() {
        let most = longest(|backoff| {
            for _ in 0..10 {
                let _ = backoff.pause_after(None);
            }
            backoff.pause_after(Some(Duration::from_secs(1)))
        });
        assert!(most <= 0.25, "{most}");
    }

    #[test]
    fn connections_that_do_not_last_let_the_bound_grow_to_two_seconds() {
        let most = longest(|backoff| {
            for _ in 0..10 {
                let _ = backoff.pause_after(Some(Duration::from_millis(5)));
            }
            backoff.pause_after(Some(Duration::from_millis(5)))
        });
        assert!(most > 1.8 && most <= 2.0, "{most}");
    }
}
