//! The pause of a whole run.

use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// A pause of the whole run: the service asked for it, or can't be reached. Kept as a deadline,
/// so that many waiters neither wait in turn nor burst.
#[derive(Default)]
pub struct Pause {
    until: watch::Sender<Option<Instant>>,
    strikes: Mutex<u32>,
}

/// The first pause that we choose ourselves, doubled with each strike.
const FIRST: Duration = Duration::from_millis(500);
/// The longest pause that we choose ourselves.
pub const LONGEST: Duration = Duration::from_secs(30);

impl Pause {
    /// Waits until no pause is on.
    pub async fn wait(&self) {
        while let Some(until) = self.deadline() {
            tokio::time::sleep_until(until).await;
        }
    }

    /// When the pause ends, if one is on.
    pub fn deadline(&self) -> Option<Instant> {
        self.until.borrow().filter(|until| *until > Instant::now())
    }

    /// Pauses for as long as the service asks. A shorter wish never ends a longer pause.
    pub fn pause_for(&self, wait: Duration) -> Instant {
        let until = Instant::now() + wait;
        self.until.send_if_modified(|current| {
            let is_longer = current.is_none_or(|current| until > current);
            if is_longer {
                *current = Some(until);
            }
            is_longer
        });
        until
    }

    /// Pauses with backoff and jitter, because the service gave no time, but not longer than
    /// `at_most`. What requests met that were out already when the pause began does not
    /// lengthen it.
    pub fn back_off(&self, at_most: Duration) -> Instant {
        if let Some(until) = self.deadline() {
            return until;
        }
        let mut strikes = self.strikes.lock().expect("no holder panics");
        let wait = backoff(*strikes).min(at_most);
        *strikes += 1;
        drop(strikes);
        self.pause_for(wait)
    }

    /// The service answers again: the next pause starts small.
    pub fn reset_backoff(&self) {
        *self.strikes.lock().expect("no holder panics") = 0;
    }
}

/// Exponential backoff with jitter: half of it fixed, so that it never vanishes, half random,
/// so that many clients don't return together.
pub fn backoff(tries: u32) -> Duration {
    let full = FIRST
        .saturating_mul(2_u32.saturating_pow(tries.min(10)))
        .min(LONGEST);
    full.div_f64(2.0) + full.mul_f64(fastrand::f64() / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_longest_wish_holds() {
        let pause = Pause::default();
        let start = Instant::now();
        pause.pause_for(Duration::from_secs(10));
        pause.pause_for(Duration::from_secs(2));
        pause.wait().await;
        assert_eq!(start.elapsed().as_secs(), 10);
        assert_eq!(pause.deadline(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn strikes_double_the_pause_until_forgiven() {
        let pause = Pause::default();
        let mut waits = Vec::new();
        for _ in 0..9 {
            let start = Instant::now();
            let until = pause.back_off(LONGEST);
            assert_eq!(pause.back_off(LONGEST), until);
            pause.wait().await;
            waits.push(start.elapsed());
        }
        assert!(waits[0] >= Duration::from_millis(250) && waits[0] <= Duration::from_millis(501));
        assert!(waits[4] >= Duration::from_secs(4));
        assert!(waits[8] >= Duration::from_secs(15) && waits[8] <= Duration::from_secs(31));
        pause.reset_backoff();
        let until = pause.back_off(LONGEST);
        assert!(until - Instant::now() <= Duration::from_millis(500));
    }
}
