//! A drafted mapping file can be read and used, whatever the list and the service call things.

use std::path::Path;

use esign_copy::job::{Column, SessionId, SignerColumn};
use esign_copy::manifest::{
    DraftNames, ListFacts, ListMapping, Mapping, SourceSession, SourceSigner, draft_mapping,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::texts::any_text;

const ADDRESS: &str = "ana.li@example.com";
const SOURCE: &str = "3f0c6c1e-0000-4000-8000-000000000001";

/// What files are called by, beside anything.
const HEADERS: [&str; 16] = [
    "E-Mail",
    "Vorname",
    "Nachname",
    "Name",
    "Nombre",
    "Kundennr.",
    "ID",
    "it's",
    "a\"b",
    "a\\",
    "{{ x }}",
    "{% if %}",
    "row",
    "true",
    "E-Mail\nprivat",
    "😀",
];

fn header() -> BoxedStrategy<String> {
    let known = select(&HEADERS[..]).prop_map(str::to_owned);
    prop_oneof![2 => known, 1 => any_text()].boxed()
}

/// A header and its cell.
fn column() -> BoxedStrategy<(String, String)> {
    let cell = select(&["Ana", "Li", "Ana Li", "Li, Ana", "K-1", "", SOURCE][..]);
    (header(), cell.prop_map(str::to_owned)).boxed()
}

fn source() -> BoxedStrategy<SourceSession> {
    let signer = || {
        let role = prop_oneof![any_text(), Just("Tenant 1".to_owned())];
        (any_text(), role, any_text(), any_text()).prop_map(|(id, role, name, email)| {
            SourceSigner {
                id,
                role,
                name,
                email,
            }
        })
    };
    let signers = vec(signer(), 0..3);
    let all = (any_text(), signers);
    all.prop_map(|(title, signers)| SourceSession {
        id: SessionId::parse(SOURCE).unwrap(),
        title,
        signers,
    })
    .boxed()
}

/// The list's own order, with a column of addresses at some place.
fn with_addresses(mut columns: Vec<(String, String)>, place: usize) -> (Vec<String>, Vec<String>) {
    let at = place % (columns.len() + 1);
    columns.insert(at, ("Mailadresse".to_owned(), ADDRESS.to_owned()));
    let columns = columns.into_iter();
    columns
        .map(|(header, cell)| (header.trim().to_owned(), cell))
        .unzip()
}

proptest! {
    #[test]
    fn a_draft_can_be_read_and_fills_its_list(
        columns in vec(column(), 0..8),
        place in any::<usize>(),
        source in prop::option::of(source()),
    ) {
        let (headers, cells) = with_addresses(columns, place);
        let mut facts = ListFacts::new(&headers);
        facts.take(&cells);
        let names = DraftNames { list: &headers[0], check: &headers[0] };
        let draft = draft_mapping(facts, names, source.as_ref());
        let mapping = Mapping::parse(Path::new("m.toml"), &draft.text);
        let mapping = mapping.map_err(|error| TestCaseError::fail(format!("{error}\n{}", draft.text)))?;
        let list = ListMapping::new(&mapping, headers.clone());
        let list = list.map_err(|problems| TestCaseError::fail(format!("{problems:?}\n{}", draft.text)))?;
        let filled = list.fill(cells.clone());
        let filled = filled.map_err(|problems| TestCaseError::fail(format!("{problems:?}\n{}", draft.text)))?;
        let emails = filled.iter().filter(|one| matches!(one.cell.column, Column::Signer(_, SignerColumn::Email)));
        let emails: Vec<&str> = emails.map(|one| one.cell.text.as_str()).collect();
        prop_assert_eq!(emails, [ADDRESS], "{}", draft.text);
        // A merge field that is chosen is its column's cell.
        let chosen = draft.text.replace("\n# merge.", "\nmerge.");
        let mapping = Mapping::parse(Path::new("m.toml"), &chosen);
        let mapping = mapping.map_err(|error| TestCaseError::fail(format!("{error}\n{chosen}")))?;
        let list = ListMapping::new(&mapping, headers.clone());
        let list = list.map_err(|problems| TestCaseError::fail(format!("{problems:?}\n{chosen}")))?;
        let fields = list.fill(cells.clone());
        let fields = fields.map_err(|problems| TestCaseError::fail(format!("{problems:?}\n{chosen}")))?;
        for field in &fields {
            let Column::Signer(_, SignerColumn::Merge(header)) = &field.cell.column else { continue };
            let at = headers.iter().position(|one| one == header);
            let at = at.ok_or_else(|| TestCaseError::fail(format!("{header:?} in {headers:?}")))?;
            prop_assert_eq!(&field.cell.text, &cells[at]);
        }
        // What the service says is sent as it is, and never becomes a template.
        let signers = source.iter().flat_map(|source| &source.signers);
        let roles: Vec<&str> = signers.map(|signer| signer.role.trim()).collect();
        for one in filled.iter().filter(|one| matches!(one.cell.column, Column::Signer(_, SignerColumn::Role))) {
            prop_assert!(roles.contains(&one.cell.text.as_str()), "{}", draft.text);
        }
    }
}
