//! What must hold for any file and any answer, tried on made-up ones. `PROPTEST_CASES` raises
//! how many.

mod answers;
mod damage;
mod drafts;
mod files;
mod mapped;
mod reports;
mod tables;
mod texts;

use proptest::test_runner::Config;

/// A share of the usual number of cases, for properties that look at many files in each.
fn one_in(share: u32) -> Config {
    let usual = Config::default();
    Config {
        cases: (usual.cases / share).max(1),
        ..usual
    }
}
