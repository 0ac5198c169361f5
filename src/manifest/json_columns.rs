use std::collections::{HashMap, HashSet};

use super::column_name::HeaderReading;
use super::column_name::misspelt_unnumbered;
use super::{ColumnName, ManifestError, ReadOptions, UnnumberedHeaders, text_problem};
use crate::job::{Column, HeaderNames, SignerColumn, normalised};

/// More different members than a report can sensibly have columns: names that are made for
/// each record, such as a date as a key.
const COLUMNS: usize = 2_000;

/// What a member of a record means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// One cell.
    Cell(ColumnName),
    /// The array of the signers.
    Signers,
    /// It was told already why this member refuses its records; and what it was meant to be, if
    /// that can be told.
    Told(Option<ColumnName>),
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
    /// What plain members mean is known from all records; they are gone through once it matters.
    look_ahead: &'a dyn Fn() -> Result<UnnumberedHeaders, ManifestError>,
    plain: Option<UnnumberedHeaders>,
    failure: Option<ManifestError>,
    meanings: HashMap<String, Meaning>,
    names: Vec<String>,
    known: HashSet<String>,
    headers: HeaderNames,
    kept_unnumbered: Vec<String>,
}

impl<'a> JsonColumns<'a> {
    /// No columns yet.
    pub(super) fn new(
        options: &'a ReadOptions,
        look_ahead: &'a dyn Fn() -> Result<UnnumberedHeaders, ManifestError>,
    ) -> Self {
        Self {
            options,
            look_ahead,
            plain: None,
            failure: None,
            meanings: HashMap::new(),
            names: Vec::new(),
            known: HashSet::new(),
            headers: HeaderNames::default(),
            kept_unnumbered: Vec::new(),
        }
    }

    /// What plain members mean in this manifest.
    pub(super) fn plain(&mut self) -> UnnumberedHeaders {
        let look_ahead = self.look_ahead;
        let failure = &mut self.failure;
        *self.plain.get_or_insert_with(|| {
            look_ahead().unwrap_or_else(|error| {
                *failure = Some(error);
                UnnumberedHeaders::Other
            })
        })
    }

    /// Why the records could not be gone through.
    pub(super) fn take_failure(&mut self) -> Option<ManifestError> {
        self.failure.take()
    }

    /// What a member means.
    ///
    /// # Errors
    /// Why it refuses every record that has it; told once for each name.
    pub(super) fn meaning(&mut self, member: &str) -> Result<Meaning, String> {
        if let Some(meaning) = self.meanings.get(member) {
            return Ok(meaning.clone());
        }
        if self.meanings.len() >= COLUMNS {
            return Err(too_many());
        }
        let name = member.trim();
        let plain = match is_like_unnumbered(name) {
            true => self.plain(),
            false => UnnumberedHeaders::Other,
        };
        let options = self.options;
        let reading = HeaderReading {
            allowed: &options.other_columns,
            read_before: &options.read_before,
            plain,
        };
        let read = read_member(name, reading);
        let meant = || ColumnName::meant_by(name, plain);
        let meaning = read.clone().unwrap_or_else(|_| Meaning::Told(meant()));
        let is_own = meaning == Meaning::Cell(ColumnName::Other(name.to_owned()));
        if is_own
            && SignerColumn::of_unnumbered(name).is_some()
            && !options.other_columns.iter().any(|one| one == name)
        {
            self.kept_unnumbered.push(name.to_owned());
        }
        self.headers.add(name);
        self.meanings.insert(member.to_owned(), meaning);
        read
    }

    /// The names of the members and columns so far.
    pub(super) fn headers(&self) -> &HeaderNames {
        &self.headers
    }

    /// Members that would be a signer's, but for the others.
    pub(super) fn kept_unnumbered(&self) -> &[String] {
        &self.kept_unnumbered
    }

    /// Makes sure that the report has a column of this name.
    ///
    /// # Errors
    /// When there are too many.
    pub(super) fn add(&mut self, in_report: &str) -> Result<(), String> {
        if self.known.contains(in_report) {
            return Ok(());
        }
        if self.names.len() == COLUMNS {
            return Err(too_many());
        }
        self.known.insert(in_report.to_owned());
        self.headers.add(in_report);
        self.names.push(in_report.to_owned());
        Ok(())
    }

    /// The columns as a report names them.
    pub(super) fn into_names(self) -> Vec<String> {
        self.names
    }
}

fn too_many() -> String {
    format!("the records have over {COLUMNS} different members; keep data in values, not in names")
}

/// Whether a member is, or was probably meant to be, a name of the only signer.
pub(super) fn is_like_unnumbered(member: &str) -> bool {
    SignerColumn::of_unnumbered(member).is_some() || misspelt_unnumbered(member).is_some()
}

fn read_member(member: &str, reading: HeaderReading<'_>) -> Result<Meaning, String> {
    let allowed = reading.allowed;
    let plain = normalised(member);
    if plain == "signers" {
        return Ok(Meaning::Signers);
    }
    // It will be a header of the report, which must be read back.
    if let Some(problem) = text_problem(member) {
        let start: String = member.chars().take(40).collect();
        return Err(format!("the member '{start}...' has a name that {problem}"));
    }
    let name = ColumnName::read_as(member, reading)?;
    let is_own = matches!(&name, ColumnName::Other(name) if !allowed.contains(name));
    if is_own && strsim::osa_distance(&plain, "signers") == 1 {
        return Err(format!(
            "'{member}' looks like a misspelling of signers; correct it, or say --other-column \
             '{member}' if it is a column of your own"
        ));
    }
    Ok(Meaning::Cell(name))
}

/// The object of the merge fields, as we call it and as the service does.
const MERGE: [&str; 2] = ["merge", "MergeFieldMapping"];

impl SignerMember {
    /// Reads a member's name without regard to case, spaces, `-` and `_`.
    ///
    /// # Errors
    /// When a signer has no such member.
    pub(super) fn read(member: &str) -> Result<Self, String> {
        let plain = normalised(member);
        if MERGE.iter().any(|name| normalised(name) == plain) {
            return Ok(Self::Merge);
        }
        SignerColumn::named()
            .find(|(_, name)| normalised(name) == plain)
            .map(|(column, _)| column)
            // As the service calls them.
            .or_else(|| SignerColumn::of_unnumbered(member))
            .map(Self::Cell)
            .ok_or_else(|| unknown_member(&plain))
    }
}

fn unknown_member(plain: &str) -> String {
    let service = SignerColumn::unnumbered_names().map(|(_, name)| name);
    let names = SignerColumn::named().map(|(_, name)| name);
    let names = names.chain(service).chain(MERGE);
    let nearest = names
        .map(|name| (strsim::osa_distance(plain, &normalised(name)), name))
        .min();
    match nearest {
        Some((distance, name)) if distance <= if normalised(name).len() >= 8 { 2 } else { 1 } => {
            format!("looks like a misspelling of {name}; correct it")
        }
        _ => "is no member of a signer; those are id, email, first_name, last_name, role, \
              sequence and merge"
            .into(),
    }
}

/// Where a signer's cell stands in a record: `signers[0].merge.City`.
pub(super) fn signer_path(number: u16, member: &SignerColumn) -> String {
    let index = i32::from(number) - 1;
    match member {
        SignerColumn::Merge(key) => format!("signers[{index}].merge.{key}"),
        named => format!("signers[{index}].{named}"),
    }
}

/// The column of a signer's cell, and its name in the report.
pub(super) fn signer_column(number: u16, member: SignerColumn) -> ColumnName {
    ColumnName::Known(Column::Signer(number, member))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_matched_like_headers() {
        let options = ReadOptions {
            other_columns: vec!["titel".to_owned()],
            ..ReadOptions::default()
        };
        let mut columns = JsonColumns::new(&options, &|| Ok(UnnumberedHeaders::Other));
        let title = Meaning::Cell(ColumnName::Known(Column::Title));
        assert_eq!(columns.meaning("TransactionTitle"), Ok(title.clone()));
        assert_eq!(columns.meaning("Title"), Ok(title));
        assert_eq!(columns.meaning("Signers"), Ok(Meaning::Signers));
        assert!(columns.meaning("singers").unwrap_err().contains("signers"));
        assert_eq!(columns.meaning("singers"), Ok(Meaning::Told(None)));
        assert!(columns.meaning("source_sesion_id").is_err());
        let source = ColumnName::Known(Column::SourceSessionId);
        let told = columns.meaning("source_sesion_id");
        assert_eq!(told, Ok(Meaning::Told(Some(source))));
        let own = Meaning::Cell(ColumnName::Other("titel".into()));
        assert_eq!(columns.meaning("titel"), Ok(own));
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
                .contains("no member")
        );
    }

    #[test]
    fn names_made_for_each_record_are_refused_before_they_fill_the_memory() {
        let options = ReadOptions::default();
        let mut columns = JsonColumns::new(&options, &|| Ok(UnnumberedHeaders::Other));
        let refused = (0..5_000).find(|number| columns.meaning(&format!("key {number}")).is_err());
        assert_eq!(refused, Some(2_000));
    }
}
