//! Drafts for lists as real programs export them, read back and filled.

use std::collections::BTreeMap;
use std::path::Path;

use super::{DraftNames, ListFacts, MappingDraft, SourceSession, SourceSigner, draft_mapping};
use crate::job::SessionId;
use crate::manifest::{ListMapping, Mapping};

const NAMES: DraftNames<'static> = DraftNames {
    list: "list.csv",
    check: "esign-copy check list.csv --mapping list.mapping.toml",
};

fn cells(line: &str) -> Vec<String> {
    line.split('|').map(|cell| cell.trim().to_owned()).collect()
}

fn drafted(lines: &[&str]) -> MappingDraft {
    let mut facts = ListFacts::new(&cells(lines[0]));
    for line in &lines[1..] {
        facts.take(&cells(line));
    }
    draft_mapping(facts, NAMES, None)
}

fn mapping(text: &str) -> Mapping {
    let mapping = Mapping::parse(Path::new("m.toml"), text);
    mapping.unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// What the drafted mapping makes of a row, by column.
fn filled(lines: &[&str], row: usize) -> BTreeMap<String, String> {
    let draft = drafted(lines);
    let mapping = mapping(&draft.text);
    let list = ListMapping::new(&mapping, cells(lines[0])).unwrap();
    // What a report's corrections go through: every column that is guessed is found in its template.
    let named = ListMapping::named(&mapping);
    for guess in &draft.guessed {
        let (_, header) = guess.split_once(" from column '").unwrap();
        let header = header.trim_end_matches('\'');
        assert!(named.contains(header), "{header} is not in {named:?}");
    }
    let filled = list.fill(cells(lines[row]));
    let filled = filled.unwrap_or_else(|problems| panic!("{problems:?}\n{}", draft.text));
    let cells = filled.into_iter();
    cells
        .map(|filled| (filled.cell.column.to_string(), filled.cell.text))
        .collect()
}

/// Whether the row has exactly these columns, written `row_id=1|signer_1_email=...`.
#[track_caller]
fn assert_fills(lines: &[&str], row: usize, expected: &str) {
    let expected: BTreeMap<String, String> = cells(expected)
        .iter()
        .map(|cell| cell.split_once('=').unwrap())
        .map(|(column, text)| (column.into(), text.into()))
        .collect();
    assert_eq!(filled(lines, row), expected, "{}", drafted(lines).text);
}

#[test]
fn an_export_of_a_german_property_manager() {
    let lines = [
        "Mandantennr.|Anrede|Nachname|Vorname|Straße|PLZ|E-Mail-Adresse|Telefon|Wohnung|Einzug",
        "M-1|Frau|Özdemir|Elif|Jägerstr. 12|10117|elif@example.com|030 1|A101|01.04.2019",
        "M-2|Herr|Müller|Jürgen|Jägerstr. 12|10117|jm@example.com|030 2|A102|15.09.2021",
    ];
    assert_fills(
        &lines,
        1,
        "row_id=M-1|signer_1_email=elif@example.com|signer_1_first_name=Elif|signer_1_last_name=Özdemir",
    );
    let text = drafted(&lines).text;
    for expected in [
        "# Column 'E-Mail-Adresse': 2 of 2 cells are e-mail addresses.",
        "# source_session_id = \"...\"  # fill in",
        "# merge.Wohnung = '{{ Wohnung }}'  # A101",
        "# merge.\"Straße\" = '{{ Straße }}'",
    ] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
}

#[test]
fn an_export_of_salesforce() {
    let lines = [
        "Contact ID|Salutation|First Name|Last Name|Title|Account Name|Email|Email Opt Out|Phone|Contact Owner|Contact \
         Owner Email",
        "0035g1|Ms.|Ana|Li|CEO|Acme|ana@acme.example|0|1|Bo Ray|bo@crm.example",
        "0035g2|Mr.|Tom|Fox|CFO|Globex|tom@globex.example|0|2|Bo Ray|bo@crm.example",
    ];
    assert_fills(
        &lines,
        1,
        "row_id=0035g1|signer_1_email=ana@acme.example|signer_1_first_name=Ana|signer_1_last_name=Li",
    );
    let draft = drafted(&lines);
    assert_eq!(draft.questions.len(), 1, "{:?}", draft.questions);
    assert!(
        draft
            .text
            .contains("# Column 'Contact Owner Email' holds e-mail addresses too")
    );
}

#[test]
fn an_export_of_hubspot() {
    let lines = [
        "Record ID|First Name|Last Name|Email|Phone Number|Contact owner|Associated Company IDs",
        "101|Ana|Li|ana@acme.example|1|Bo Ray|9",
        "102|Tom|Fox|tom@globex.example|2|Bo Ray|9",
    ];
    assert_fills(
        &lines,
        2,
        "row_id=102|signer_1_email=tom@globex.example|signer_1_first_name=Tom|signer_1_last_name=Fox",
    );
}

#[test]
fn contacts_of_outlook() {
    let english = [
        "First Name|Middle Name|Last Name|Company|Home Street|E-mail Address|E-mail Type|E-mail Display Name|E-mail 2 \
         Address|Business Phone",
        "Ana||Li|Acme|Road 1|ana@example.com|SMTP|Ana Li (ana@example.com)|ana@work.example|1",
        "Tom||Fox||Road 2|tom@example.com|SMTP|Tom Fox (tom@example.com)||2",
    ];
    let expected = "signer_1_email=ana@example.com|signer_1_first_name=Ana|signer_1_last_name=Li";
    assert_fills(&english, 1, expected);
    let text = drafted(&english).text;
    assert!(text.contains("# optional = true"), "{text}");
    assert!(
        text.contains("Columns without a cell: 'Middle Name'"),
        "{text}"
    );
    let german = [
        "Anrede|Vorname|Weitere Vornamen|Nachname|Firma|Straße privat|E-Mail-Adresse|E-Mail-Typ|E-Mail-Anzeigename",
        "Frau|Ana||Li|Acme|Weg 1|ana@example.com|SMTP|Ana Li (ana@example.com)",
    ];
    assert_fills(&german, 1, expected);
}

#[test]
fn exports_in_french_and_spanish() {
    let french = [
        "N° de dossier|Civilité|Nom|Prénom|Adresse|Code postal|Courriel|Loyer",
        "D-7|Mme|Lefèvre|Chloé|1 rue A|75001|chloe@example.com|800",
        "D-9|M.|Dupont|Luc|2 rue B|75002|luc@example.com|900",
    ];
    assert_fills(
        &french,
        1,
        "row_id=D-7|signer_1_email=chloe@example.com|signer_1_first_name=Chloé|signer_1_last_name=Lefèvre",
    );
    let spanish = [
        "Nº expediente|Nombre|Apellidos|Correo electrónico|Piso",
        "E1|Ana|García López|ana@example.com|2B",
    ];
    assert_fills(
        &spanish,
        1,
        "row_id=E1|signer_1_email=ana@example.com|signer_1_first_name=Ana|signer_1_last_name=García López",
    );
}

/// Two last names follow the first one.
#[test]
fn a_spanish_list_of_landlords_and_tenants() {
    let lines = [
        "Núm. contrato|Inquilino|Email inquilino|Propietario|Email propietario|Renta",
        "C1|Ana García López|ana@example.com|Luz Gil|luz@example.com|800",
    ];
    assert_fills(
        &lines,
        1,
        "row_id=C1|signer_1_email=ana@example.com|signer_1_first_name=Ana|signer_1_last_name=García López",
    );
}

#[test]
fn whole_names_are_taken_apart() {
    for (header, name, first, last) in [
        ("Name", "Ana Maria Li", "Ana Maria", "Li"),
        ("Mieter", "Ana Li", "Ana", "Li"),
        ("Customer name", "Li, Ana Maria", "Ana Maria", "Li"),
        ("Nombre completo", "Ana García López", "Ana", "García López"),
        ("Nom et prénom", "Dupont Luc", "Luc", "Dupont"),
        ("Full Name", "Li", "", "Li"),
        ("Bob's \"name\"", "Li", "", ""),
    ] {
        let header = format!("{header}|E-Mail");
        let row = format!("{name}|ana@example.com");
        let others = ["Bo Fox|bo@example.com", "Cy Orr|cy@example.com"];
        let filled = filled(&[&header, &row, others[0], others[1]], 1);
        let part = |name: &str| filled.get(name).map_or("", String::as_str);
        let parts = (part("signer_1_first_name"), part("signer_1_last_name"));
        assert_eq!(parts, (first, last), "{header}");
    }
    let with_salutation = ["Name|Mail", "Frau Ana Maria Li|a@example.com"];
    assert_fills(
        &with_salutation,
        1,
        "signer_1_email=a@example.com|signer_1_first_name=Ana Maria|signer_1_last_name=Li",
    );
    let company = ["Name|Ansprechpartner|Mail", "Li GmbH|Bo Fox|b@example.com"];
    assert_fills(
        &company,
        1,
        "signer_1_email=b@example.com|signer_1_first_name=Bo|signer_1_last_name=Fox",
    );
    let pair = drafted(&["Mieter|Mail", "Ana und Bo Li|a@example.com"]).text;
    assert!(pair.contains("1 of them may be two people"), "{pair}");
    let pure = filled(&["Name|Mail", "Li, Ana|a@example.com"], 1);
    assert_eq!(pure["signer_1_first_name"], "Ana");
}

#[test]
fn one_of_several_signers_is_mailed_and_the_others_are_asked_for() {
    let lines = [
        "Email Vermieter|Name Vermieter|Email Mieter|Vorname Mieter|Nachname Mieter|E-Mail 2",
        "v@example.com|Vera Vogt|m@example.com|Max|Moll|x@example.com",
    ];
    assert_fills(
        &lines,
        1,
        "signer_1_email=m@example.com|signer_1_first_name=Max|signer_1_last_name=Moll",
    );
    let draft = drafted(&lines);
    assert_eq!(draft.questions.len(), 2, "{:?}", draft.questions);
    assert!(
        draft
            .text
            .contains("# email = '{{ row[\"Email Vermieter\"] }}'")
    );
    let tenants = [
        "Tenant 2 Email|Tenant 2 First Name|Tenant 1 Email|Tenant 1 First Name|Tenant 1 Last Name",
        "b@example.com|Bo|a@example.com|Ana|Li",
    ];
    assert_fills(
        &tenants,
        1,
        "signer_1_email=a@example.com|signer_1_first_name=Ana|signer_1_last_name=Li",
    );
}

#[test]
fn an_address_is_taken_out_of_its_brackets() {
    let lines = [
        "Kontakt|Mail",
        "Ana Li|Ana Li <ana@example.com>",
        "Bo Fox|bo@example.com",
    ];
    let expected = |name: &str, last: &str| {
        format!(
            "signer_1_email={name}@example.com|signer_1_first_name={name}|signer_1_last_name={last}"
        )
    };
    assert_fills(
        &lines,
        1,
        &expected("ana", "Li").replace("name=ana", "name=Ana"),
    );
    assert_fills(
        &lines,
        2,
        &expected("bo", "Fox").replace("name=bo", "name=Bo"),
    );
    let text = drafted(&lines).text;
    assert!(
        text.contains("1 of 2 cells is an e-mail address, 1 has a name before the address."),
        "{text}"
    );
}

#[test]
fn what_can_t_be_guessed_is_said() {
    let double = drafted(&["Name|E-Mail|E-Mail", "Li|a@example.com|b@example.com"]);
    assert_eq!(
        double.questions[1..],
        ["several columns are called 'E-Mail': rename them in the list"]
    );
    assert!(mapping(&double.text).columns().next().is_none());
    let several = drafted(&["Name|E-Mail", "Li|a@example.com; b@example.com"]);
    let text = &several.text;
    assert!(
        text.contains("Column 'E-Mail' has cells with an @"),
        "{text}"
    );
    let running = drafted(&["Nr.|Mail", "1|a@example.com", "2|b@example.com"]);
    let text = &running.text;
    assert!(
        text.contains("# Column 'Nr.' can't be the row_id: it only counts the rows"),
        "{text}"
    );
    assert!(text.contains("# row_id = "), "{text}");
    let ends = drafted(&["Mail|Gültig bis", "a@example.com|31.12.2026"]);
    let text = &ends.text;
    assert!(
        text.contains("# expires_on = '{{ row[\"Gültig bis\"] }}'"),
        "{text}"
    );
}

/// Only a column whose name says so is taken for the session to copy.
#[test]
fn ids_of_sessions_are_taken_by_their_name() {
    const ID: &str = "8c1f5f0e-6f0b-4b53-9a55-2f6d1f4f0c11";
    let row = format!("{ID}|a@example.com");
    assert_fills(
        &["Vorlage|Mail", &row],
        1,
        &format!("source_session_id={ID}|signer_1_email=a@example.com"),
    );
    assert_fills(&["Firma|Mail", &row], 1, "signer_1_email=a@example.com");
    let text = drafted(&["Firma|Mail", &row]).text;
    assert!(text.contains("Are these the sessions to copy?"), "{text}");
}

/// The source's signers as the service says them: the list's people are the one of their own role.
#[test]
fn the_signer_of_the_source_is_found_by_its_role() {
    let filled = |headers: &str, roles: &[&str]| {
        let mut facts = ListFacts::new(&cells(headers));
        facts.take(&["ana@example.com"]);
        let signer = |(number, role): (usize, &&str)| SourceSigner {
            id: format!("id-{number}"),
            role: (*role).to_owned(),
            ..SourceSigner::default()
        };
        let source = SourceSession {
            id: SessionId::parse("8c1f5f0e-6f0b-4b53-9a55-2f6d1f4f0c11").unwrap(),
            title: "Lease".into(),
            signers: roles.iter().enumerate().map(signer).collect(),
        };
        let draft = draft_mapping(facts, NAMES, Some(&source));
        let (before, _) = draft.text.split_once("\nemail = ").unwrap();
        let (_, role) = before.rsplit_once("role = ").unwrap();
        (
            role.lines().next().unwrap().to_owned(),
            draft.questions.len(),
        )
    };
    let lease = ["Landlord", "Buyer 1", "Tenant 1", "Tenant 2"];
    assert_eq!(filled("E-Mail Mieter", &lease), ("\"Tenant 1\"".into(), 1));
    assert_eq!(filled("Mail", &lease), ("\"Buyer 1\"".into(), 1));
    assert_eq!(filled("Mail", &["Anyone"]), ("\"Anyone\"".into(), 0));
    assert_eq!(filled("Mail", &["A", "B"]), ("\"A\"".into(), 1));
}

#[test]
fn a_landlord_s_address_alone_mails_nobody() {
    let lines = ["Unit|Landlord email", "A1|boss@example.com"];
    assert!(filled(&lines, 1).is_empty());
    assert!(drafted(&lines).text.contains("# [[signers]]"));
}
