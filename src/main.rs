//! The command-line program; see the library's documentation for how it is made.

fn main() -> esign_copy::cli::Exit {
    // Tests crash the program at chosen instants. A release has no such instants.
    let _crashes = fail::has_failpoints().then(fail::FailScenario::setup);
    esign_copy::cli::run()
}
