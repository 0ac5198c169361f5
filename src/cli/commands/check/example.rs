//! One row about to be sent, as people read it.

use serde_json::{Value, json};

use crate::cli::Message;
use crate::executor::Job;
use crate::job::{CellValue, Column, Signer, SignerColumn};
use crate::support::one_line;

/// So much of a cell is shown.
const SHOWN: usize = 200;

/// Shows a row: its title, whom it reaches, what is filled in.
pub fn example(job: &Job) -> Message {
    let request = &job.request;
    let title = request.title().map_or("no title", |title| title);
    let source = request.source;
    let text = format!(
        "example, {}: '{}', a copy of {source}",
        job.name,
        one_line(title, SHOWN)
    );
    let mut message = Message::info("example", text).with("row", value(job));
    for (number, signer) in (1..).zip(&request.signers) {
        message = message.line(&format!("  signer {number}: {}", described(signer)));
        for (key, text) in signer.merge_fields() {
            message = message.line(&format!("    {key}: {}", one_line(text, SHOWN)));
        }
    }
    for (column, text) in others(job) {
        message = message.line(&format!("  {column}: {}", one_line(&text, SHOWN)));
    }
    message
}

/// The same for machines.
pub fn value(job: &Job) -> Value {
    let request = &job.request;
    let signers = request.signers.iter().map(|signer| {
        let cell = |member| signer.text(&member);
        let merge = signer
            .merge_fields()
            .map(|(key, text)| (key.to_owned(), text.into()));
        json!({
            "id": cell(SignerColumn::Id),
            "first_name": cell(SignerColumn::FirstName),
            "last_name": cell(SignerColumn::LastName),
            "email": cell(SignerColumn::Email),
            "role": cell(SignerColumn::Role),
            "merge": merge.collect::<serde_json::Map<String, Value>>(),
        })
    });
    let others = others(job).map(|(column, text)| (column, Value::from(text)));
    json!({
        "name": job.name,
        "source_session_id": request.source.to_string(),
        "title": request.title(),
        "signers": signers.collect::<Vec<_>>(),
        "other": others.collect::<serde_json::Map<String, Value>>(),
    })
}

/// A signer in one line, names apart, so that it shows if they are the wrong way round: `first name Ana, last
/// name Li, <ana@example.com>, Tenant`.
fn described(signer: &Signer) -> String {
    let cell = |member| signer.text(&member).map(|text| one_line(text, SHOWN));
    let address = cell(SignerColumn::Email).map(|email| format!("<{email}>"));
    let id = cell(SignerColumn::Id).map(|id| format!("id {id}"));
    let first = cell(SignerColumn::FirstName).map(|name| format!("first name {name}"));
    let last = cell(SignerColumn::LastName).map(|name| format!("last name {name}"));
    let parts = [first, last, address, cell(SignerColumn::Role), id];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(", ")
}

/// What else the row says, apart from what is so by default.
fn others(job: &Job) -> impl Iterator<Item = (String, String)> {
    let values = job.request.values.iter();
    let said = values.filter(|(column, value)| {
        let is_elsewhere = [Column::SourceSessionId, Column::Title, Column::RowId];
        let mut defaults = Column::defaults();
        !is_elsewhere.contains(column)
            && !defaults.any(|(one, text)| one == **column && shown(value) == text)
    });
    said.map(|(column, value)| (column.to_string(), shown(value)))
}

fn shown(value: &CellValue) -> String {
    match value {
        CellValue::Text(text) => text.clone(),
        CellValue::Flag(flag) => flag.to_string(),
        CellValue::Number(number) => number.to_string(),
        CellValue::Day(day) => day.to_string(),
    }
}
