//! The command-line program; see the library's documentation for how it is made.

fn main() -> esign_copy::cli::Exit {
    esign_copy::cli::run()
}
