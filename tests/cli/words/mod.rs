//! The words that users see, as snapshots. Other tests look for a word or two; here the whole text
//! is held, so that a change of words is seen, read as its user would read it, and meant.
//!
//! `INSTA_UPDATE=always cargo test --test cli words` accepts what the program says now; the
//! difference is then reviewed like any other.

mod cells;
mod changes;
mod ends;
mod files;
mod help;
mod ledgers;
mod reports;
mod scene;
mod stops;
mod uncertain;
mod unharmed;
mod usage;

/// Holds a text against the snapshot of this name, which stands beside the test's file.
macro_rules! assert_words {
    ($name:expr, $text:expr) => {{
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!($name, $text));
    }};
}
use assert_words;
