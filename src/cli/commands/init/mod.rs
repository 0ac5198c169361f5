//! `init`: a mapping file for any list, with what its columns probably are.

mod source;

use std::io;
use std::path::Path;

use super::shared::{plan, require_folder};
use crate::cli::next_command::path_argument;
use crate::cli::progress::StepProgress;
use crate::cli::settings::{Init, MappingOutput, TypedCommand, is_standard_input};
use crate::cli::{CommandContext, Exit, Failure, Message, Output, print};
use crate::manifest::{DraftNames, ListError, MappingDraft, draft_mapping};
use crate::support::{command_line, persist_new, written_next_to};

/// Writes a mapping file for a list.
///
/// # Errors
/// Wrong usage, a list that can't be read or needs no mapping, a file that is there already, or a stop.
pub fn init(settings: &Init, command: CommandContext<'_>) -> Result<Exit, Failure> {
    let output = command.output;
    if let MappingOutput::File(path) = &settings.output {
        require_folder("--output", path, "nothing was written")?;
        require_free(path)?;
    }
    let list = settings.open()?;
    let progress = StepProgress::new(output, format!("reading {}", list.name()));
    let facts = list.list_facts(|| progress.add_row());
    drop(progress);
    let facts = facts.map_err(|error| failure(error, &settings.list, command))?;
    let source = settings.online.as_ref();
    let source =
        source.map(|(id, endpoint, service)| source::read_source(*id, endpoint, service, command));
    let source = source.transpose()?;
    let rows = facts.rows();
    let (MappingOutput::File(path) | MappingOutput::Standard(path)) = &settings.output;
    let check = check_command(settings, path, command);
    let words = check.words();
    // Whoever reads the file may have the program elsewhere.
    let typed = ["esign-copy"]
        .into_iter()
        .chain(words.iter().map(String::as_str));
    let names = DraftNames {
        list: &list.name(),
        check: &with_input(command_line(typed), settings),
    };
    let draft = draft_mapping(facts, names, source.as_ref());
    match &settings.output {
        MappingOutput::Standard(_) => print(&draft.text)?,
        MappingOutput::File(path) => write_new(path, &draft.text)?,
    }
    say(&draft, rows, settings, output);
    let next = with_input(command.environment.command_line(words), settings);
    output.emit(&Message::info("next", format!("next: {next}")));
    Ok(Exit::Done)
}

/// The list checked with the mapping, and with what says how the list is read.
fn check_command(settings: &Init, mapping: &Path, command: CommandContext<'_>) -> TypedCommand {
    let mut check = TypedCommand::new("check", path_argument(&settings.list));
    if let Some(typed) = TypedCommand::parse(&command.environment.arguments) {
        check.take_flags_of_list(&typed);
    }
    check.add("mapping", path_argument(mapping));
    check
}

/// A command line that is given the list in the same way.
fn with_input(line: String, settings: &Init) -> String {
    match is_standard_input(&settings.list) {
        true => format!("{line} < FILE"),
        false => line,
    }
}

fn say(draft: &MappingDraft, rows: u64, settings: &Init, output: &Output) {
    let read = plan::grouped(rows, "row", "rows");
    let text = match &settings.output {
        MappingOutput::Standard(_) => format!("{read} read"),
        MappingOutput::File(path) => format!("wrote {} ({read} read)", path.display()),
    };
    output.emit(&Message::info("mapping", text).with("rows", rows));
    if !draft.guessed.is_empty() {
        let text = format!("guessed: {}", draft.guessed.join("; "));
        output.emit(&Message::info("guessed", text));
    }
    for question in &draft.questions {
        output.emit(&Message::warn("question", format!("warning: {question}")));
    }
    if !draft.to_fill.is_empty() {
        let text = format!("fill in: {}", draft.to_fill.join(", "));
        output.emit(&Message::info("to_fill", text));
    }
}

fn require_free(path: &Path) -> Result<(), Failure> {
    match path.symlink_metadata() {
        Ok(_) => Err(taken(path)),
        Err(_) => Ok(()),
    }
}

fn taken(path: &Path) -> Failure {
    Failure::refused(format!(
        "{}: this file exists already, and init never overwrites a file. Move it away, or write another one \
         with --output FILE",
        path.display()
    ))
}

/// Never over a file that came meanwhile.
fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    let written = written_next_to(path, |file| file.write_all(text.as_bytes()));
    let written = written.and_then(|file| persist_new(file, path));
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => taken(path),
        _ => Failure::internal(format!("{}: {error}", path.display())),
    })
}

fn failure(error: ListError, list: &Path, command: CommandContext<'_>) -> Failure {
    match error {
        ListError::NeedsNone { .. } => {
            let check = TypedCommand::new("check", path_argument(list));
            let check = command.environment.command_line(check.words());
            Failure::refused(format!("{error}. Check it as it is: {check}"))
        }
        error => Failure::refused(error),
    }
}
