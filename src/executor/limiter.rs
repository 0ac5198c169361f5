//! The ceiling on the rate of all requests.

use std::num::NonZeroU32;
use std::ops::Add;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use governor::clock::{Clock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::{Mutex, Notify};
use tokio::time::Instant;

use crate::support::Rate;

/// The ceiling on all requests: token calls, copies and look-ups go through this one place.
///
/// Twice: a request is admitted at the rate, and once more, right before its first byte, let onto
/// the wire at the same rate. Between the two an attempt is committed; where a commit stalls, the
/// requests behind it would otherwise leave together and break the rate. What waits at the second
/// gate waits no longer than the stall was.
pub struct Limiter {
    admission: Option<RateGate>,
    wire: Option<RateGate>,
}

/// Who is served first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// A request whose token is in hand: it should not age in a queue.
    First,
    /// Every other request.
    Second,
}

struct RateGate {
    limiter: RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<TokioInstant>>,
    /// What one request costs. A request is many cells, so that the burst can be a fraction.
    cells: NonZeroU32,
    /// One waiter of each priority is in front; the others queue behind it, first come first.
    fronts: [Mutex<()>; 2],
    waiting_first: AtomicUsize,
    first_served: Notify,
}

/// A burst is at most this much time's worth of requests, and at least one request.
const BURST: Duration = Duration::from_millis(5);
/// Timers wake up to about a millisecond late; without this room the lateness would add up and
/// the rate stay below what was agreed. Far too little to let two requests go at once.
const TIMER_SLACK: Duration = Duration::from_micros(1500);

impl Limiter {
    /// A limiter for the rate.
    pub fn new(rate: Rate) -> Self {
        let paced = || rate.interval().map(RateGate::new);
        Self {
            admission: paced(),
            wire: paced(),
        }
    }

    /// Waits to be admitted. The request should leave right after.
    pub async fn slot(&self, priority: Priority) {
        if let Some(admission) = &self.admission {
            admission.slot(priority).await;
        }
    }

    /// Waits to be let onto the wire. Every admitted request passes here, the last thing before
    /// it is sent.
    pub async fn wire(&self) {
        if let Some(wire) = &self.wire {
            wire.slot(Priority::First).await;
        }
    }
}

impl RateGate {
    fn new(interval: Duration) -> Self {
        let nanos = u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX);
        let cells = u32::try_from((nanos / 1000).clamp(1, 1000)).unwrap_or(1);
        // Rounded up: never above the rate.
        let cell = Duration::from_nanos(nanos.div_ceil(u64::from(cells)).max(1));
        let worth = |time: Duration| u32::try_from(time.as_nanos() / cell.as_nanos()).unwrap_or(0);
        let burst = worth(BURST).max(cells + worth(TIMER_SLACK).min(cells / 2));
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let cells = NonZeroU32::new(cells).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(cell)
            .expect("a cell takes time")
            .allow_burst(burst);
        let limiter = RateLimiter::direct_with_clock(quota, TokioClock);
        // It begins empty: what an earlier process sent a moment ago counts too.
        let spent = limiter.check_n(burst);
        debug_assert!(matches!(spent, Ok(Ok(()))), "the burst is what it holds");
        Self {
            limiter,
            cells,
            fronts: [Mutex::new(()), Mutex::new(())],
            waiting_first: AtomicUsize::new(0),
            first_served: Notify::new(),
        }
    }

    async fn slot(&self, priority: Priority) {
        let _waiting = (priority == Priority::First).then(|| Waiting::new(self));
        let _front = self.fronts[priority as usize].lock().await;
        loop {
            if priority == Priority::Second && self.waiting_first.load(Ordering::Relaxed) > 0 {
                self.first_served.notified().await;
                continue;
            }
            match self.limiter.check_n(self.cells) {
                Ok(Ok(())) => return,
                Ok(Err(not_yet)) => {
                    tokio::time::sleep(not_yet.wait_time_from(TokioClock.now())).await;
                }
                Err(_) => unreachable!("the burst holds at least one request"),
            }
        }
    }
}

/// Counts a waiter of the first priority, also when it gives up waiting.
struct Waiting<'a>(&'a RateGate);

impl<'a> Waiting<'a> {
    fn new(paced: &'a RateGate) -> Self {
        paced.waiting_first.fetch_add(1, Ordering::Relaxed);
        Self(paced)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting_first.fetch_sub(1, Ordering::Relaxed);
        self.0.first_served.notify_one();
    }
}

/// governor's own clock does not know tokio's, and tests could not pause it.
#[derive(Debug, Clone, Copy)]
struct TokioClock;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct TokioInstant(Instant);

impl Clock for TokioClock {
    type Instant = TokioInstant;

    fn now(&self) -> TokioInstant {
        TokioInstant(Instant::now())
    }
}

impl Add<Nanos> for TokioInstant {
    type Output = Self;

    fn add(self, nanos: Nanos) -> Self {
        Self(self.0 + Duration::from(nanos))
    }
}

impl Reference for TokioInstant {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_duration_since(earlier.0).into()
    }

    fn saturating_sub(&self, nanos: Nanos) -> Self {
        Self(self.0.checked_sub(nanos.into()).unwrap_or(self.0))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    async fn slots(rate: &str, count: usize) -> Vec<Duration> {
        let limiter = Arc::new(Limiter::new(rate.parse().unwrap()));
        let start = Instant::now();
        let mut times = Vec::new();
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..count {
            let limiter = Arc::clone(&limiter);
            let priority = if number % 2 == 0 {
                Priority::First
            } else {
                Priority::Second
            };
            tasks.spawn(async move {
                limiter.slot(priority).await;
                limiter.wire().await;
                start.elapsed()
            });
        }
        while let Some(time) = tasks.join_next().await {
            times.push(time.unwrap());
        }
        times.sort();
        times
    }

    /// A run that is started again and again must not send more than one that goes on.
    #[tokio::test(start_paused = true)]
    async fn the_first_request_waits_as_long_as_every_other() {
        for (rate, interval) in [("5/s", 0.2), ("1000/s", 0.001), ("6/m", 10.0)] {
            let times = slots(rate, 2).await;
            let first = times[0].as_secs_f64();
            assert!(
                (interval * 0.99..interval * 1.1 + 0.005).contains(&first),
                "{rate}: {first}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_has_more_requests_than_the_rate_says() {
        for (rate, per_second) in [("5/s", 5), ("50/s", 50), ("200/s", 200), ("1000/s", 1000)] {
            let times = slots(rate, per_second * 3).await;
            let burst = (per_second as f64 * 0.005).max(1.0) as usize;
            for (index, start) in times.iter().enumerate() {
                let end = *start + Duration::from_secs(1);
                let within = times[index..]
                    .iter()
                    .take_while(|time| **time < end)
                    .count();
                assert!(
                    within <= per_second + burst,
                    "{within} in a second at {rate}"
                );
            }
            let last = times.last().unwrap().as_secs_f64();
            assert!(last < 3.1, "{rate} took {last} s for three seconds' worth");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stall_between_admission_and_wire_does_not_break_the_rate() {
        let limiter = Arc::new(Limiter::new("1000/s".parse().unwrap()));
        let start = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..2000 {
            let limiter = Arc::clone(&limiter);
            tasks.spawn(async move {
                limiter.slot(Priority::First).await;
                // Whatever is admitted from 0.5 s on is committed only at 0.55 s.
                let now = start.elapsed();
                let stall = Duration::from_millis(500)..Duration::from_millis(550);
                if stall.contains(&now) {
                    tokio::time::sleep(stall.end - now).await;
                }
                limiter.wire().await;
                start.elapsed()
            });
        }
        let mut times = tasks.join_all().await;
        times.sort();
        for (index, begin) in times.iter().enumerate() {
            let end = *begin + Duration::from_secs(1);
            let within = times[index..]
                .iter()
                .take_while(|time| **time < end)
                .count();
            assert!(within <= 1006, "{within} in the second from {begin:?}");
        }
        assert!(times.last().unwrap().as_secs_f64() < 2.1);
    }

    #[tokio::test(start_paused = true)]
    async fn at_a_low_rate_nothing_leaves_together() {
        let times = slots("5/s", 10).await;
        for pair in times.windows(2) {
            assert!(pair[1] - pair[0] >= Duration::from_millis(198), "{pair:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_with_its_token_in_hand_goes_first() {
        let limiter = Arc::new(Limiter::new("10/s".parse().unwrap()));
        limiter.slot(Priority::Second).await;
        let start = Instant::now();
        let second = tokio::spawn({
            let limiter = Arc::clone(&limiter);
            async move {
                limiter.slot(Priority::Second).await;
                start.elapsed()
            }
        });
        tokio::time::sleep(Duration::from_millis(10)).await;
        limiter.slot(Priority::First).await;
        let first = start.elapsed();
        assert!(first < second.await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_gives_up_does_not_hold_up_the_others() {
        let limiter = Arc::new(Limiter::new("1/s".parse().unwrap()));
        limiter.slot(Priority::Second).await;
        let gave_up = tokio::time::timeout(Duration::from_millis(5), limiter.slot(Priority::First));
        assert!(gave_up.await.is_err());
        limiter.slot(Priority::Second).await;
    }
}
