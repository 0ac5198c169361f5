//! What a manual page has besides its flags: the manifest's columns, files, variables, exit codes, examples.

use std::collections::BTreeSet;

use clap::Command;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::exit::EXIT_CODES;
use crate::job::Column;

/// The files of a job.
const FILES: [(&str, &str); 4] = [
    ("NAME.csv", "The manifest: the list of copies to make."),
    (
        "NAME.ledger",
        "The ledger, next to the manifest: every row, attempt and outcome. On stage it is NAME.stage.ledger, in a rehearsal \
         NAME.rehearsal.ledger. Without it nothing protects its rows from being copied twice, so keep it as long as you keep the manifest.",
    ),
    (
        "NAME.ledger.lock",
        "Says which run is working on the ledger. It stays when the run has ended: keep it with the ledger.",
    ),
    (
        "NAME.results.csv",
        "The report: a line for each row, with its new session or the reason why there is none.",
    ),
];

/// Variables that are no flag's.
const VARIABLES: [(&str, &str); 5] = [
    (
        "ESIGN_COPY_API_KEY, ESIGN_COPY_SALT",
        "The encrypted key and its salt.",
    ),
    (
        "ESIGN_COPY_TOKEN",
        "A ready token, used instead of key and salt.",
    ),
    (
        "ESIGN_COPY_API_KEY_FILE, ESIGN_COPY_SALT_FILE, ESIGN_COPY_TOKEN_FILE",
        "The same, read from a file.",
    ),
    (
        "SSL_CERT_FILE, SSL_CERT_DIR",
        "Certificates to trust instead of the system's.",
    ),
    ("NO_COLOR", "If set, nothing is coloured."),
];

/// Commands as they are typed, and what each does.
const EXAMPLES: [(&str, &str); 11] = [
    (
        "esign-copy check mailing.csv",
        "Finds the mistakes in the list. Nothing is sent.",
    ),
    (
        "esign-copy init crm.csv",
        "Writes crm.mapping.toml for a list with columns of its own. `check` and `run` take it by --mapping.",
    ),
    (
        "esign-copy run mailing.csv --endpoint sandbox",
        "Rehearses the job on this machine. Nothing is sent to the service.",
    ),
    (
        "esign-copy run mailing.csv --endpoint production --username owner@example.com --limit 3",
        "Makes the first three copies, as a pilot.",
    ),
    (
        "esign-copy run mailing.csv --endpoint production --username owner@example.com",
        "Makes the other copies. The same command goes on after an interruption.",
    ),
    (
        "esign-copy retry mailing.results.csv --endpoint production --username owner@example.com",
        "Sends the failed rows again, as they were corrected in the report.",
    ),
    (
        "esign-copy resolve mailing.csv row:17 --absent",
        "Records that the service has no copy of row 17, so that the row may be sent again.",
    ),
    (
        "esign-copy status mailing.csv",
        "Shows the state of the job and the next command.",
    ),
    (
        "esign-copy report mailing.csv --output mailing.html",
        "Writes the report as a web page.",
    ),
    (
        "esign-copy audit mailing.csv --username owner@example.com",
        "Looks up every copy at the service.",
    ),
    (
        "esign-copy sandbox --latency 50ms --fault 429=5%",
        "Starts a local stand-in of the service that refuses some requests for a while.",
    ),
];

/// A section of terms, each with its text.
fn section<'a>(
    roff: &mut Roff,
    heading: &str,
    terms: impl IntoIterator<Item = (&'a str, &'a str)>,
) {
    roff.control("SH", [heading]);
    for (term, text) in terms {
        roff.control("TP", []);
        roff.text([bold(term)]);
        roff.text([roman(text)]);
    }
}

/// The columns of a manifest.
pub fn columns(roff: &mut Roff) {
    let columns: Vec<_> = Column::meanings().collect();
    let terms = columns
        .iter()
        .map(|(name, meaning)| (name.as_str(), *meaning));
    section(roff, "MANIFEST COLUMNS", terms);
    roff.control("PP", []);
    let text = "N is the number of the signer, from 1. Upper and lower case, spaces, - and _ make no difference in \
                names. Other columns are kept and copied to the report.";
    roff.text([roman(text)]);
}

/// The files of a job.
pub fn files(roff: &mut Roff) {
    section(roff, "FILES", FILES);
}

/// The variables of a command, or of all.
pub fn environment(roff: &mut Roff, command: Option<&str>, program: &Command) {
    let commands = program.get_subcommands();
    let commands = commands.filter(|one| command.is_none_or(|name| one.get_name() == name));
    let variables: BTreeSet<_> = commands
        .flat_map(Command::get_arguments)
        .filter_map(|flag| Some(flag.get_env()?.to_string_lossy()))
        .collect();
    if variables.is_empty() {
        return;
    }
    section(roff, "ENVIRONMENT", VARIABLES);
    let variables = Vec::from_iter(variables).join(", ");
    roff.control("PP", []);
    roff.text([roman(format!(
        "Each of these sets the flag of its name, as ESIGN_COPY_RATE=10/s does --rate 10/s; what is typed wins: \
         {variables}."
    ))]);
}

/// What the exit codes mean.
pub fn exit_status(roff: &mut Roff) {
    section(roff, "EXIT STATUS", EXIT_CODES);
}

/// Examples of a command, or of all.
pub fn examples(roff: &mut Roff, command: Option<&str>) {
    let is_meant = |line: &str| {
        let name = line.split(' ').nth(1);
        command.is_none_or(|command| name == Some(command))
    };
    let examples = EXAMPLES.into_iter().filter(|(line, _)| is_meant(line));
    let examples: Vec<_> = examples.collect();
    if !examples.is_empty() {
        section(roff, "EXAMPLES", examples);
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::args::Cli;

    #[test]
    fn every_example_can_be_typed() {
        for (line, _) in EXAMPLES {
            Cli::try_parse_from(line.split(' ')).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }
}
