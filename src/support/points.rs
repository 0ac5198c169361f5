//! Places where tests may end the program, and switches that break a promise so that the tests
//! can show that they would notice. All of it is absent unless the crate `fail` is built with its
//! failpoints, which only the development dependencies ask for: a release has none.

/// An instant at which a test may end the process as a crash would: `FAILPOINTS=NAME=return`,
/// at its third time `NAME=2*off->return`. `panic` instead of `return` panics.
#[inline(always)]
#[allow(
    unused_variables,
    reason = "without failpoints there is nothing to name"
)]
pub fn crash_point(name: &'static str) {
    fail::fail_point!(name, |_| std::process::abort());
}

/// Whether a test asked for a build that breaks a promise: `FAILPOINTS=NAME=return`.
#[inline(always)]
#[allow(
    unused_variables,
    reason = "without failpoints there is nothing to name"
)]
pub fn is_broken(name: &'static str) -> bool {
    fail::fail_point!(name, |_| true);
    false
}
