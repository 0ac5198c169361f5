//! What a row must be by itself to be sent.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::signers;
use crate::job::{
    Column, CopyRequest, FieldProblem, Fields, HeaderNames, expires_on_problem, text_problems,
};
use crate::ledger::import::refusal::Refusal;

/// Reads a row's cells as a copy to make, by the rules of this version and of `today`.
///
/// # Errors
/// Every cell that can't be sent.
pub fn read_request(
    fields: &Fields,
    headers: &HeaderNames,
    today: Date,
) -> Result<CopyRequest, Vec<FieldProblem>> {
    let request = CopyRequest::from_fields(fields);
    let mut problems = request.as_ref().err().cloned().unwrap_or_default();
    let expires_on = fields.text(&Column::ExpiresOn);
    let expires_on: Option<Date> = expires_on.and_then(|day| day.parse().ok());
    let late = expires_on.and_then(|day| expires_on_problem(day, today));
    problems.extend(late.map(|text| Column::ExpiresOn.problem(text)));
    problems.extend(text_problems(fields, headers));
    match request {
        Ok(request) if problems.is_empty() => Ok(request),
        _ => Err(problems),
    }
}

/// What is wrong with `--set` constants: said once for all rows.
#[derive(Debug, Default)]
pub struct ConstantProblems(BTreeSet<String>);

impl ConstantProblems {
    /// Puts the problems of one row into words, and keeps those of constants for the end.
    pub fn sift(
        &mut self,
        problems: Vec<FieldProblem>,
        is_constant: impl Fn(&Column) -> bool,
    ) -> Vec<String> {
        let mut own = Vec::new();
        for problem in problems {
            if is_constant(&problem.column) {
                let FieldProblem { column, text } = problem;
                self.0.insert(format!("--set {column}: {text}"));
            } else {
                own.push(problem.to_string());
            }
        }
        own
    }

    /// What they refuse.
    pub fn refusals(&self) -> impl Iterator<Item = Refusal> {
        self.0.iter().map(|text| Refusal::new(None, text))
    }
}

/// What each row of a report is judged by before it is sent.
pub struct RowRules {
    /// The `--set` values, for cells that are empty.
    pub constants: Fields,
    /// The headers of report and lists, which a placeholder may stand around.
    pub headers: HeaderNames,
    /// Whether a row must name a signer.
    pub needs_signer: bool,
    /// For limits that depend on it.
    pub today: Date,
    /// What is wrong with constants that rows are sent with.
    pub constant_problems: ConstantProblems,
}

impl RowRules {
    /// Fills cells that are empty with the constants. Returns their columns.
    pub fn fill(&self, fields: &mut Fields) -> Vec<Column> {
        let mut filled = Vec::new();
        for (column, text) in self.constants.iter() {
            if fields.text(column).is_none() {
                fields.set(column.clone(), text);
                filled.push(column.clone());
            }
        }
        filled
    }

    /// Why a row can't be sent, in words. What is wrong with a constant is kept for the end.
    pub fn problem(&mut self, fields: &Fields) -> Option<String> {
        let is_constant = |column: &Column| {
            let set = self.constants.text(column);
            set.is_some() && set == fields.text(column)
        };
        let problems = read_request(fields, &self.headers, self.today).err();
        let problems = problems.unwrap_or_default();
        let mut texts = self.constant_problems.sift(problems, is_constant);
        if self.needs_signer && !fields.names_signer() {
            texts.push(signers::EMPTY.into());
        }
        (!texts.is_empty()).then(|| texts.join("; "))
    }
}
