//! Places where tests may end the program. They are absent unless the crate `fail` is built with
//! its failpoints, which only the development dependencies ask for: a release has none.

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
