//! What the members of JSON records and of their signers mean.

use std::collections::HashMap;

use indexmap::IndexSet;

use super::column_name::{ColumnName, misspelt_unnumbered, nearest};
use super::json_record_value::RecordValue;
use super::row::text_problem;
use super::{ReadOptions, UnnumberedHeaderRule};
use crate::job::{HeaderNames, SignerColumn, is_same_name};

/// More different members than a report can sensibly have columns: names that are made for
/// each record, such as a date as a key.
const COLUMNS: usize = 2_000;

/// What a member of a record means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MemberMapping {
    /// One cell.
    Cell(ColumnName),
    /// The array of the signers.
    Signers,
    /// The member refuses its records. With what it was meant to be, if that is known.
    Refused(Option<ColumnName>),
}

/// What a member of a signer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SignerMember {
    /// One cell.
    Cell(SignerColumn),
    /// The object of the merge fields.
    Merge,
}

/// The columns of a manifest whose records name their members themselves: the union of all, in
/// the order of their first appearance.
pub(super) struct JsonColumns<'a> {
    options: &'a ReadOptions,
    /// What the unnumbered members of a signer mean, which depends on all records.
    pub(super) unnumbered: Option<UnnumberedHeaderRule>,
    mappings: HashMap<String, MemberMapping>,
    /// The columns as a report names them.
    pub(super) names: IndexSet<String>,
    /// The names of the members and columns so far.
    pub(super) headers: HeaderNames,
    /// Members that would be a signer's, but for the others.
    pub(super) ignored_signer_headers: Vec<String>,
}

impl<'a> JsonColumns<'a> {
    /// No columns yet.
    pub(super) fn new(options: &'a ReadOptions) -> Self {
        Self {
            options,
            unnumbered: None,
            mappings: HashMap::new(),
            names: IndexSet::new(),
            headers: HeaderNames::default(),
            ignored_signer_headers: Vec::new(),
        }
    }

    /// Whether the meaning of a record's members depends on what is not known yet: what unnumbered
    /// ones mean.
    pub(super) fn needs_unnumbered(&self, record: &RecordValue) -> bool {
        let RecordValue::Object(members) = record else {
            return false;
        };
        let is_new = |name: &str| !self.mappings.contains_key(name);
        let mut names = members.iter().map(|(name, _)| name);
        self.unnumbered.is_none()
            && names.any(|name| is_new(name) && is_like_unnumbered(name.trim()))
    }

    /// What a member means and, when it is asked for first, why it refuses every record that has it.
    pub(super) fn mapping(&mut self, member: &str) -> (MemberMapping, Option<String>) {
        if let Some(meaning) = self.mappings.get(member) {
            return (meaning.clone(), None);
        }
        if self.mappings.len() >= COLUMNS {
            return (MemberMapping::Refused(None), Some(too_many()));
        }
        let name = member.trim();
        let unnumbered = self.unnumbered.unwrap_or_default();
        let (meaning, problem) = match read_member(name, self.options, unnumbered) {
            Ok(meaning) => (meaning, None),
            Err(problem) => {
                let meant = ColumnName::meant_by(name, unnumbered);
                (MemberMapping::Refused(meant), Some(problem))
            }
        };
        if let MemberMapping::Cell(column) = &meaning {
            let kept = self
                .options
                .header_rules(unnumbered)
                .ignored_signer_headers(column);
            self.ignored_signer_headers.extend(kept.cloned());
        }
        self.headers.add(name);
        self.mappings.insert(member.to_owned(), meaning.clone());
        (meaning, problem)
    }

    /// Makes sure that the report has a column of this name.
    ///
    /// # Errors
    /// When there are too many.
    pub(super) fn add(&mut self, in_report: &str) -> Result<(), String> {
        if self.names.contains(in_report) {
            return Ok(());
        }
        if self.names.len() == COLUMNS {
            return Err(too_many());
        }
        self.headers.add(in_report);
        self.names.insert(in_report.to_owned());
        Ok(())
    }
}

fn too_many() -> String {
    format!(
        "the records have more than {COLUMNS} different members; keep data in values, not in names"
    )
}

/// Whether a member is, or was probably meant to be, a name of the only signer.
pub(super) fn is_like_unnumbered(member: &str) -> bool {
    SignerColumn::of_unnumbered(member).is_some() || misspelt_unnumbered(member).is_some()
}

fn read_member(
    member: &str,
    options: &ReadOptions,
    unnumbered: UnnumberedHeaderRule,
) -> Result<MemberMapping, String> {
    if is_same_name(member, "signers") {
        return Ok(MemberMapping::Signers);
    }
    // It will be a header of the report, which must be read back.
    if let Some(problem) = text_problem(member) {
        let start: String = member.chars().take(40).collect();
        return Err(format!("the member '{start}...' has a name that {problem}"));
    }
    let name = ColumnName::read_as(member, options.header_rules(unnumbered))?;
    match &name {
        ColumnName::Other(own) if !options.other_columns.contains(own) && is_near_signers(own) => {
            Err(format!(
                "'{member}' looks like a misspelling of signers; correct it, or add --other-column \
                 '{member}' if it is your own column"
            ))
        }
        _ => Ok(MemberMapping::Cell(name)),
    }
}

fn is_near_signers(member: &str) -> bool {
    strsim::osa_distance(&crate::job::normalised(member), "signers") == 1
}

/// The object of the merge fields, as we call it and as the service does.
const MERGE: [&str; 2] = ["merge", "MergeFieldMapping"];

impl SignerMember {
    /// Reads a member's name without regard to case, spaces, `-` and `_`: ours or the service's.
    ///
    /// # Errors
    /// When a signer has no such member.
    pub(super) fn read(member: &str) -> Result<Self, String> {
        if MERGE.iter().any(|name| is_same_name(name, member)) {
            return Ok(Self::Merge);
        }
        SignerColumn::of_name(member)
            .or_else(|| SignerColumn::of_unnumbered(member))
            .map(Self::Cell)
            .ok_or_else(|| unknown_member(member))
    }
}

fn unknown_member(member: &str) -> String {
    let names = SignerColumn::named().chain(SignerColumn::unnumbered_names());
    let names = names.map(|(_, name)| name).chain(MERGE);
    match nearest(member, names.map(str::to_owned)) {
        Some(name) => {
            let column =
                SignerColumn::of_name(&name).or_else(|| SignerColumn::of_unnumbered(&name));
            let name = column.map_or(name, |column| column.to_string());
            format!("looks like a misspelling of {name}; correct it")
        }
        None => "is not a member of a signer; those are id, email, first_name, last_name, role, \
                 sequence and merge"
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Column;

    #[test]
    fn members_are_matched_like_headers() {
        let options = ReadOptions {
            other_columns: vec!["titel".to_owned()],
            ..ReadOptions::default()
        };
        let mut columns = JsonColumns::new(&options);
        let title = MemberMapping::Cell(ColumnName::Known(Column::Title));
        assert_eq!(columns.mapping("TransactionTitle"), (title.clone(), None));
        assert_eq!(columns.mapping("Title"), (title, None));
        assert_eq!(columns.mapping("Signers"), (MemberMapping::Signers, None));
        let refused = MemberMapping::Refused(None);
        assert!(columns.mapping("singers").1.unwrap().contains("signers"));
        assert_eq!(columns.mapping("singers"), (refused, None));
        assert!(columns.mapping("source_sesion_id").1.is_some());
        let source = MemberMapping::Refused(Some(ColumnName::Known(Column::SourceSessionId)));
        assert_eq!(columns.mapping("source_sesion_id"), (source, None));
        let own = MemberMapping::Cell(ColumnName::Other("titel".into()));
        assert_eq!(columns.mapping("titel"), (own, None));
    }

    #[test]
    fn a_signer_has_no_members_of_the_user_s_own() {
        let cell = |column| Ok(SignerMember::Cell(column));
        assert_eq!(
            SignerMember::read("First Name"),
            cell(SignerColumn::FirstName)
        );
        assert_eq!(SignerMember::read("MERGE"), Ok(SignerMember::Merge));
        for (service, column) in [
            ("EmailAddress", SignerColumn::Email),
            ("SignerID", SignerColumn::Id),
            ("SignerRole", SignerColumn::Role),
        ] {
            assert_eq!(SignerMember::read(service), cell(column));
        }
        let mapping = SignerMember::read("MergeFieldMapping");
        assert_eq!(mapping, Ok(SignerMember::Merge));
        assert!(SignerMember::read("emial").unwrap_err().contains("email"));
        assert!(
            SignerMember::read("phone")
                .unwrap_err()
                .contains("not a member")
        );
    }

    #[test]
    fn names_made_for_each_record_are_refused_before_they_fill_the_memory() {
        let options = ReadOptions::default();
        let mut columns = JsonColumns::new(&options);
        let refused = (0..5_000).find(|number| {
            let (_, problem) = columns.mapping(&format!("key {number}"));
            problem.is_some()
        });
        assert_eq!(refused, Some(2_000));
    }
}
