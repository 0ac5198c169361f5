//! Waiting for what happens, not for how long it takes.

use std::time::{Duration, Instant};

/// Waits for what another process or thread does, however busy the machine is.
#[track_caller]
pub fn wait_until(or_else: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(60), "{or_else}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
