#!/bin/sh
# Builds the Debian package: the program, and what the program itself says for manual pages and completions.
# Needs cargo-deb (cargo install cargo-deb). The package is left in target/debian. Arguments go to cargo deb.
set -eu
cd "$(dirname "$0")/.."

cargo build --release --locked
program=${CARGO_TARGET_DIR:-target}/release/esign-copy

# Where Cargo.toml takes them from.
made=target/packaging
rm -rf "$made"
mkdir -p "$made/man" "$made/completions"

"$program" man > "$made/man/esign-copy.1"
commands=$("$program" -h | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
for command in $commands; do
    [ "$command" = help ] || "$program" man "$command" > "$made/man/esign-copy-$command.1"
done
"$program" completions bash > "$made/completions/esign-copy"
"$program" completions zsh > "$made/completions/_esign-copy"
"$program" completions fish > "$made/completions/esign-copy.fish"

cargo deb --no-build --locked "$@"
