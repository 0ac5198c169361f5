//! A mailing from a list with any columns, by a mapping file.

use crate::kit::{Job, Ran, SOURCE, column};

pub const MAPPING: &str = r#"
source_session_id = "3f0c6c1e-0000-4000-8000-000000000001"
title = "Mietvertrag {{ Wohnung }}"

[[signers]]
email = '{{ row["E-Mail-Adresse"] }}'
first_name = "{{ Vorname }}"
last_name = "{{ Nachname }}"
role = "Mieter"
merge.Wohnung = "{{ Wohnung }}"

[[signers]]
email = "office@example.com"
last_name = "Verwaltung"
role = "Vermieter"
"#;

pub const LIST: &str = "Mandant;Nachname;Vorname;E-Mail-Adresse;Wohnung;Status
7;Meier;Ana;ana@example.com;A101;aktiv
8;Weiß;Bo;bo@example.com;A102;aktiv
9;Lang;Cy;cy@example.com;B7;aktiv
";

pub fn job() -> Job {
    let job = Job::new();
    job.write("crm.csv", LIST);
    job.write("crm.toml", MAPPING);
    job
}

pub fn run(job: &Job, more: &[&str]) -> Ran {
    job.run("crm.csv", &[&["--mapping", "crm.toml"], more].concat())
}

#[test]
fn a_list_with_any_columns_is_sent_as_its_mapping_says() {
    let job = job();
    run(&job, &[])
        .ends_with(0)
        .says("3 sessions from 1 source to 4 people");
    let lines = job.report("crm.results.csv");
    assert_eq!(column(&lines, "status"), ["copied"; 3]);
    assert_eq!(lines[1]["title"], "Mietvertrag A102");
    assert_eq!(lines[1]["signer_1_email"], "bo@example.com");
    assert_eq!(lines[1]["signer_1_merge_Wohnung"], "A102");
    assert_eq!(lines[1]["signer_2_email"], "office@example.com");
    // The list's own columns stay, also where a report has one of that name.
    assert_eq!(lines[1]["Nachname"], "Weiß");
    assert_eq!(lines[1]["Mandant"], "8");
    assert_eq!(lines[1]["input.Status"], "aktiv");
    run(&job, &[]).ends_with(0);
    assert_eq!(job.received(), 3);
    job.assert_promise("crm.results.csv");
}

#[test]
fn check_shows_what_would_be_sent() {
    let job = job();
    let check = ["check", "crm.csv", "--mapping", "crm.toml", "--show", "1"];
    let checked = job.other(&check).ends_with(0);
    let checked = checked.says("columns that the mapping doesn't use, and only kept for the report: Mandant, input.Status\n");
    for text in [
        "Mietvertrag A101",
        "ana@example.com",
        "office@example.com",
        SOURCE,
    ] {
        assert!(checked.stdout.contains(text), "{}", checked.stdout);
    }
}

/// Neither constants nor the words around cells, neither the names nor the order of columns count.
#[test]
fn a_row_is_known_by_the_cells_that_its_mapping_takes() {
    let job = job();
    run(&job, &["--limit", "1"]).ends_with(0);
    let words = MAPPING
        .replace("Mietvertrag", "Vertrag für")
        .replace("\"Mieter\"", "\"Tenant\"")
        .replace("\"Verwaltung\"", "\"Büro\"");
    job.write("crm.toml", &words);
    run(&job, &["--limit", "1"]).ends_with(0);
    let lines = job.report("crm.results.csv");
    assert_eq!(column(&lines, "status"), ["copied", "copied", "pending"]);
    assert_eq!(
        column(&lines, "title"),
        ["Mietvertrag A101", "Vertrag für A102", "Vertrag für B7"]
    );
    let renamed = "Wohnung,Mail,First,Last
B7,cy@example.com,Cy,Lang
A102,bo@example.com,Bo,Weiß
A101,ana@example.com,Ana,Meier
";
    job.write("crm.csv", renamed);
    let adapted = words
        .replace("row[\"E-Mail-Adresse\"]", "Mail")
        .replace("Vorname", "First")
        .replace("{{ Nachname }}", "{{ row.Last | trim }}");
    job.write("crm.toml", adapted);
    run(&job, &[]).ends_with(0);
    assert_eq!(job.received(), 3);
    let lines = job.report("crm.results.csv");
    assert_eq!(lines.len(), 3);
    assert_eq!(column(&lines, "status"), ["copied"; 3]);
    job.assert_promise("crm.results.csv");
}

#[test]
fn what_a_mapping_takes_anew_is_another_row() {
    let job = job();
    run(&job, &["--limit", "1"]).ends_with(0);
    job.write("crm.csv", LIST.replace("A101", "A109"));
    run(&job, &[]).ends_with(5).says("--accept-changes");
    assert_eq!(job.received(), 1);
}

#[test]
fn problems_name_the_lists_column_and_the_mappings_line() {
    let job = job();
    job.write(
        "crm.csv",
        LIST.replace("bo@example.com", "bo@")
            .replace("cy@example.com", ""),
    );
    run(&job, &[])
        .ends_with(5)
        .says("crm.csv:3: column E-Mail-Adresse (crm.toml:6, signers[0].email): 'bo@' is not")
        .says("crm.csv:4: column E-Mail-Adresse (crm.toml:6, signers[0].email): is empty");
    let mapping = MAPPING.replace("{{ Vorname }}", "{{ Vornme }}");
    job.write("crm.toml", mapping.replace("title", "titel"));
    run(&job, &[])
        .ends_with(5)
        .says("crm.toml:3: 'titel' is no column to fill; did you mean title?");
    job.write("crm.toml", mapping);
    run(&job, &[])
        .ends_with(5)
        .says("crm.csv:1: crm.toml:7: signers[0].first_name: the list has no column 'Vornme'; did you mean 'Vorname'?");
    job.write("crm.toml", MAPPING.replace("source_session_id", "# "));
    run(&job, &[])
        .ends_with(5)
        .says("crm.toml has no source_session_id");
    job.write("crm.toml", MAPPING);
    job.write("crm.csv", format!("Bewohner;;;;;\n;;;;;\n{LIST}"));
    run(&job, &[]).ends_with(5).says("but line 3 does");
    let missing = job.run("crm.csv", &["--mapping", "no.toml"]);
    missing.ends_with(5).says("no.toml");
    assert_eq!(job.received(), 0);
}

/// An optional signer whose cells are empty is no signer of that row; any other is missed.
#[test]
fn only_an_optional_signer_may_be_missing() {
    let job = job();
    let second = "\n[[signers]]\nemail = '{{ Zweite }}'\nrole = 'Mitmieter'\n";
    let list = "Nachname;Vorname;E-Mail-Adresse;Wohnung;Zweite
Meier;Ana;ana@example.com;A101;
Lang;Cy;cy@example.com;B7;di@example.com
";
    job.write("crm.csv", list);
    job.write("crm.toml", format!("{MAPPING}{second}"));
    run(&job, &[])
        .ends_with(5)
        .says("crm.csv:2: column Zweite (crm.toml:18, signers[2].email): is empty");
    job.write("crm.toml", format!("{MAPPING}{second}optional = true\n"));
    run(&job, &[])
        .ends_with(0)
        .says("2 sessions from 1 source to 4 people");
    let lines = job.report("crm.results.csv");
    assert_eq!(column(&lines, "signer_3_email"), ["", "di@example.com"]);
    assert_eq!(column(&lines, "signer_3_role"), ["", "Mitmieter"]);
}

#[test]
fn row_ids_come_from_a_column_and_none_is_empty() {
    let job = job();
    job.write(
        "crm.toml",
        format!("row_id = 'K-{{{{ Mandant }}}}'\n{MAPPING}"),
    );
    run(&job, &["--limit", "0"]).ends_with(0);
    let lines = job.report("crm.results.csv");
    assert_eq!(column(&lines, "row_id"), ["K-7", "K-8", "K-9"]);
    job.write("crm.csv", LIST.replace("8;Weiß", ";Weiß"));
    job.write(
        "crm.toml",
        format!("row_id = '{{{{ Mandant }}}}'\n{MAPPING}"),
    );
    run(&job, &["--new-ledger"])
        .ends_with(5)
        .says("crm.csv:3: column Mandant (crm.toml:1, row_id): is empty, but it is the row's id");
}

#[test]
fn a_mapping_is_for_tables() {
    let job = job();
    job.write("m.jsonl", "{}");
    job.run("m.jsonl", &["--mapping", "crm.toml"])
        .ends_with(2)
        .says("--mapping");
}

/// The words around the cells are in no hash, and are sealed with what was taken.
#[test]
fn a_text_that_changed_in_the_ledger_is_not_sent() {
    let job = job();
    run(&job, &["--limit", "1"]).ends_with(0);
    let ledger = rusqlite::Connection::open(job.path("crm.ledger")).unwrap();
    let sql = "UPDATE rows SET fields = replace(fields, 'Mietvertrag', 'Kündigung')
               WHERE status = 'pending'";
    assert_eq!(ledger.execute(sql, []).unwrap(), 2);
    drop(ledger);
    run(&job, &[])
        .ends_with(1)
        .says("not those that were imported");
    assert_eq!(job.received(), 1);
}

#[test]
fn words_without_the_cell_between_them_are_a_warning() {
    let job = job();
    job.write("crm.csv", LIST.replace("A102", "").replace("B7", ""));
    let checked = job.other(&["check", "crm.csv", "--mapping", "crm.toml"]);
    checked.ends_with(0).says(
        "warning: crm.csv: column Wohnung (crm.toml:3, title): is empty in 2 rows (line 3 first), and \
         what is sent there is 'Mietvertrag'",
    );
    let minded = MAPPING.replace(
        "{{ Wohnung }}\"\n\n",
        "{{ Wohnung or 'ohne Wohnung' }}\"\n\n",
    );
    assert_ne!(minded, MAPPING);
    job.write("crm.toml", minded);
    let checked = job.other(&["check", "crm.csv", "--mapping", "crm.toml"]);
    assert!(!checked.ends_with(0).stderr.contains("is empty in"));
}

#[test]
fn a_mapping_without_signers_is_refused_with_what_to_add() {
    let job = job();
    let (without, _) = MAPPING.split_once("[[signers]]").unwrap();
    job.write("crm.toml", without);
    run(&job, &[]).ends_with(5).says(
        "the column 'E-Mail-Adresse' holds e-mail addresses, but no column names a signer: 3 copies would \
         keep their source's signers. Add the signer to the mapping (below a line [[signers]]: email = \
         '{{ row[\"E-Mail-Adresse\"] }}'), or use --keep-source-signers",
    );
}

#[test]
fn what_was_meant_to_be_a_cell_is_refused() {
    let job = job();
    let check = |mapping: String| {
        job.write("crm.toml", mapping);
        job.other(&["check", "crm.csv", "--mapping", "crm.toml"])
    };
    check(MAPPING.replace("\"{{ Vorname }}\"", "\"Vorname\""))
        .ends_with(5)
        .says("crm.csv:1: crm.toml:7: signers[0].first_name: 'Vorname' is a column of the list: write {{ Vorname }} for its cells");
    check(MAPPING.replace("\"{{ Vorname }}\"", "\"{ Vorname }\""))
        .ends_with(5)
        .says("'{ Vorname }' is a column of the list");
    check(MAPPING.replace("{{ row[\"E-Mail-Adresse\"] }}", "{{ E-Mail-Adresse }}"))
        .ends_with(5)
        .says("signers[0].email: 'E-Mail-Adresse' can't stand there by itself; write {{ row[\"E-Mail-Adresse\"] }}");
    check(
        MAPPING
            .replace("first_name", "first_nam")
            .replace("last_name =", "lst_name ="),
    )
    .ends_with(5)
    .says("crm.toml:7: signers[0].first_nam: looks like a misspelling of first_name; correct it\n")
    .says("\nerror: 3 problems; nothing was sent");
    // A word that is also a column's name may be a role.
    check(MAPPING.replace("\"Mieter\"", "\"Mandant\"")).ends_with(0);
    job.write("crm.csv", "Nom,Courriel\nLi,ana@example.com\n");
    check(MAPPING.into())
        .ends_with(5)
        .says("crm.toml: the list has none of the columns that this mapping names (E-Mail-Adresse, Nachname, Vorname, Wohnung). Is it another list's? The list's columns are Nom, Courriel");
}

/// A fixed signer that comes, goes or changes with the title does not make another person of the first one.
#[test]
fn a_person_who_has_a_copy_gets_no_second_one_by_another_mapping() {
    let (session, _) = MAPPING.split_once("[[signers]]").unwrap();
    let fixed = "[[signers]]\nemail = 'owner@example.net'\nlast_name = 'Eigner'\n";
    let (_, signers) = MAPPING.split_once(session).unwrap();
    for changed in [
        // In front of the others, so that these have other numbers.
        format!("{session}{fixed}{signers}"),
        MAPPING
            .replace("{{ Wohnung }}\"\n\n", "{{ Wohnung }} {{ Mandant }}\"\n\n")
            .replace("office@example.com", "desk@example.com"),
    ] {
        let job = job();
        run(&job, &["--limit", "1"]).ends_with(0);
        job.write("crm.toml", changed);
        run(&job, &[])
            .ends_with(5)
            .says("row 1 (ana@example.com), with the same session and e-mail addresses, is copied");
        assert_eq!(job.received(), 1);
    }
}

#[test]
fn a_row_of_which_only_fixed_signers_are_left_is_refused() {
    let job = job();
    job.write("crm.csv", format!("{LIST};;;;4711;\n"));
    let optional = MAPPING
        .replacen("[[signers]]", "[[signers]]\noptional = true", 1)
        .replace("merge.Wohnung = \"{{ Wohnung }}\"\n", "");
    job.write("crm.toml", optional);
    run(&job, &[])
        .ends_with(5)
        .says("crm.csv:5: this row names nobody: all its signers are optional and empty");
}

#[test]
fn templates_make_texts_and_come_to_an_end() {
    let job = job();
    for (template, words) in [
        (
            "{{ Vorname | list }}",
            "what stands in {{ }} is no text: it is sequence",
        ),
        ("{{ none }}", "is no text: it is none"),
        ("{{ row }}", "is no text: it is map"),
        ("{{ debug() }}", "debug"),
        (
            "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
            "fuel",
        ),
    ] {
        job.write("crm.toml", MAPPING.replace("{{ Vorname }}", template));
        run(&job, &[])
            .ends_with(5)
            .says("signers[0].first_name")
            .says(words);
    }
    job.write(
        "crm.toml",
        MAPPING.replace("{{ Vorname }}", &"{{ Vorname }}".repeat(1_000)),
    );
    run(&job, &[])
        .ends_with(5)
        .says("has more than 10000 characters");
    run_without_mapping_file(&job);
    assert_eq!(job.received(), 0);
}

fn run_without_mapping_file(job: &Job) {
    let folder = job.run("crm.csv", &["--mapping", "."]);
    folder.ends_with(5).says("it is not a regular file");
}
