//! `init`: from any list to a mapping file that `check` takes.

use std::os::unix::fs::PermissionsExt;

use crate::kit::{Job, SOURCE};

const LIST: &str = "Mandantennr.;Nachname;Vorname;E-Mail-Adresse;Wohnung\n\
                    M-1;Özdemir;Elif;elif@example.com;A101\n\
                    M-2;Müller;Jürgen;jm@example.com;A102\n";

/// Fills in what `init` could not know.
fn fill_in(job: &Job, name: &str) {
    let text = job.read(name);
    let asked = "# source_session_id = \"...\"";
    assert!(text.contains(asked), "{text}");
    let filled = format!("source_session_id = \"{SOURCE}\"");
    job.write(name, text.replace(asked, &filled));
}

#[test]
fn a_list_needs_two_commands_and_the_source() {
    let job = Job::new();
    job.write("crm.csv", LIST);
    let ran = job.other(&["init", "crm.csv"]).ends_with(0);
    let last = ran.stderr.lines().last().unwrap();
    assert!(
        last.starts_with("next: ")
            && last.ends_with("esign-copy check crm.csv --mapping crm.mapping.toml"),
        "{last}"
    );
    let mode = std::fs::metadata(job.path("crm.mapping.toml")).unwrap();
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
    let check = ["check", "crm.csv", "--mapping", "crm.mapping.toml"];
    job.other(&check)
        .ends_with(5)
        .says("crm.mapping.toml has no source_session_id");
    fill_in(&job, "crm.mapping.toml");
    job.other(&check)
        .ends_with(0)
        .says("2 sessions from 1 source to 2 people");
    let ran = job.run("crm.csv", &["--mapping", "crm.mapping.toml"]);
    ran.ends_with(0);
    assert_eq!(job.received(), 2);
}

#[test]
fn a_file_that_is_there_is_never_overwritten() {
    let job = Job::new();
    job.write("crm.csv", LIST);
    job.write("crm.mapping.toml", "mine");
    job.other(&["init", "crm.csv"])
        .ends_with(5)
        .says("crm.mapping.toml: this file exists already");
    assert_eq!(job.read("crm.mapping.toml"), "mine");
    std::os::unix::fs::symlink("nowhere", job.path("link.toml")).unwrap();
    job.other(&["init", "crm.csv", "--output", "link.toml"])
        .ends_with(5);
    assert!(!job.path("nowhere").exists());
    let printed = job
        .other(&["init", "crm.csv", "--output", "-"])
        .ends_with(0);
    assert!(printed.stdout.contains("[[signers]]"), "{}", printed.stdout);
    job.other(&["init", "crm.csv", "--output", "no/m.toml"])
        .ends_with(1)
        .says("--output no/m.toml: there is no folder no; nothing was written");
    job.other(&["init", "crm.csv", "--output", "its own.toml"])
        .ends_with(0)
        .says("check crm.csv --mapping 'its own.toml'");
}

#[test]
fn standard_input_is_read_as_it_is_said() {
    let job = Job::new();
    job.write("crm.txt", LIST);
    let piped = |more: &[&str]| {
        let mut command = job.command(&["init", "-"]);
        let input = std::fs::File::open(job.path("crm.txt")).unwrap();
        let output = command.args(more).stdin(input).output().unwrap();
        crate::kit::Ran::from(output)
    };
    piped(&["--format", "csv"])
        .ends_with(2)
        .says("--output FILE");
    piped(&["--format", "csv", "--output", "m.toml"])
        .ends_with(0)
        .says("check - --format csv --mapping m.toml < FILE");
}

#[test]
fn what_is_no_list_with_a_header_is_refused() {
    let job = Job::new();
    for (name, text, words) in [
        ("empty.csv", "", "empty.csv:1: the file is empty"),
        ("list.json", "[]", "a JSON list needs no mapping"),
        (
            "headless.csv",
            "Ana,Li,ana@example.com\nBo,Fox,bo@example.com\n",
            "headless.csv:1: this is a row, not a header: it holds 'ana@example.com'",
        ),
        (
            "titled.csv",
            "Mieterliste;;\n;;\nName;Mail;Wohnung\nLi;li@example.com;A1\n",
            "titled.csv:1: this is no header, but line 3 looks like one",
        ),
        (
            "ours.csv",
            "source_session_id,signer_1_email\n",
            "it needs no mapping",
        ),
        (
            "open.csv",
            "Name,Mail\n\"Li,li@example.com\n",
            "open.csv:2: ",
        ),
    ] {
        job.write(name, text);
        job.other(&["init", name]).ends_with(5).says(words);
        let (stem, _) = name.split_once('.').unwrap();
        assert!(
            !job.path(&format!("{stem}.mapping.toml")).exists(),
            "{name}"
        );
    }
    job.mailing("m.csv", &["ana@example.com"]);
    job.run("m.csv", &[]).ends_with(0);
    job.other(&["init", "m.results.csv"])
        .ends_with(5)
        .says("this is a report, not a list");
}

/// Cells full of separators are no header below.
#[test]
fn a_header_of_few_columns_is_one() {
    let job = Job::new();
    job.write(
        "m.csv",
        "Name;Notiz\nLi;a,b,c,d,e,f,g\nFox;\"h;i;j;k;l;m\"\n",
    );
    job.other(&["init", "m.csv"])
        .ends_with(0)
        .says("warning: no column clearly holds the e-mail addresses")
        .says("fill in: source_session_id, title, the signer's email");
}

#[test]
fn the_source_s_signers_are_asked_for() {
    let job = Job::new();
    job.write("crm.csv", LIST);
    job.other(&["init", "crm.csv", "--online", SOURCE])
        .ends_with(2)
        .says("--online needs --endpoint");
    let endpoint = job.sandbox.base_url();
    job.other(&[
        "init",
        "crm.csv",
        "--online",
        SOURCE,
        "--endpoint",
        &endpoint,
    ])
    .ends_with(0);
    let text = job.read("crm.mapping.toml");
    assert!(
        text.contains(&format!("source_session_id = \"{SOURCE}\"")),
        "{text}"
    );
    for role in ["Tenant 1", "Tenant 2", "Seller 1", "Buyer 1"] {
        assert!(text.contains(&format!("role = \"{role}\"")), "{text}");
    }
    let check = ["check", "crm.csv", "--mapping", "crm.mapping.toml"];
    // The signers who stay as they are in the source are people too.
    job.other(&check)
        .ends_with(0)
        .says("2 sessions from 1 source to 5 people");
    let online = ["--online", "--endpoint", &endpoint];
    job.other(&[&check[..], &online].concat())
        .ends_with(0)
        .says("0 cells of the list don't match");
    assert_eq!(job.received(), 0, "nothing is sent");
}

fn sample(job: &Job, name: &str) {
    let samples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    std::fs::copy(samples.join(name), job.path(name)).unwrap();
}

/// A German export as it comes, and its mapping file as `init` writes it and a person finished it.
#[test]
fn the_sample_of_a_crm_export_goes_out_after_two_commands() {
    let job = Job::new();
    sample(&job, "crm-export.csv");
    let encoding = ["--encoding", "windows-1252"];
    let ran = job.other(&[&["init", "crm-export.csv"], &encoding[..]].concat());
    let next = "check crm-export.csv --encoding windows-1252 --mapping crm-export.mapping.toml";
    ran.ends_with(0).says("12 rows read").says(next);
    let drafted = job.read("crm-export.mapping.toml");
    fill_in(&job, "crm-export.mapping.toml");
    let check: Vec<&str> = next.split(' ').collect();
    job.other(&check)
        .ends_with(0)
        .says("12 sessions from 1 source to 12 people");
    sample(&job, "crm-export.mapping.toml");
    let finished = job.read("crm-export.mapping.toml");
    let guesses = drafted.lines().filter(|line| {
        let is_reason = line.starts_with("# Column ");
        is_reason || !line.starts_with('#') && !line.is_empty()
    });
    for guess in guesses {
        assert!(finished.contains(guess), "{guess} is not in the sample");
    }
    let mapping = ["--mapping", "crm-export.mapping.toml"];
    job.run("crm-export.csv", &[encoding, mapping].concat())
        .ends_with(0);
    let lines = job.report("crm-export.results.csv");
    assert_eq!(lines[0]["title"], "Mietvertrag A101, Jägerstraße 12");
    assert_eq!(lines[0]["signer_1_last_name"], "Özdemir");
    assert_eq!(lines[0]["row_id"], "M-20117");
    assert_eq!(job.received(), 12);
    job.assert_promise("crm-export.results.csv");
}

/// The page about mapping files is read by people who write one: what it shows fits the sample.
#[test]
fn the_mapping_file_and_the_templates_in_the_docs_work() {
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/any-list.md");
    let page = std::fs::read_to_string(page).unwrap();
    let job = Job::new();
    sample(&job, "crm-export.csv");
    let check = |mapping: &str| {
        job.write("m.toml", mapping);
        let check = "check crm-export.csv --encoding windows-1252 --mapping m.toml";
        job.other(&check.split(' ').collect::<Vec<_>>())
            .ends_with(0);
    };
    let (_, mapping) = page.split_once("```toml\n").unwrap();
    let (mapping, _) = mapping.split_once("```").unwrap();
    check(mapping);
    let spans = page
        .lines()
        .flat_map(|line| line.split('`').skip(1).step_by(2));
    let templates = spans.filter(|span| span.starts_with('{') && *span != "{{ }}");
    let titles: Vec<String> = templates
        .map(|template| mapping.replace("\"Mietvertrag {{ Wohnung }}\"", &format!("'{template}'")))
        .collect();
    assert!(titles.len() > 6 && !titles.contains(&mapping.to_owned()));
    for mapping in &titles {
        check(mapping);
    }
}

#[test]
fn a_workbook_gets_its_mapping_file_too() {
    let job = Job::new();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/residents.xlsx");
    std::fs::copy(sample, job.path("residents.xlsx")).unwrap();
    job.other(&["init", "residents.xlsx"])
        .ends_with(0)
        .says("the signer's email from column 'E-Mail-Adresse'")
        .says("check residents.xlsx --mapping residents.mapping.toml");
    let mapping = job.read("residents.mapping.toml");
    let source = format!("source_session_id = '{SOURCE}' # ");
    job.write(
        "residents.mapping.toml",
        mapping.replacen("# source_session_id = ", &source, 1),
    );
    let check = [
        "check",
        "residents.xlsx",
        "--mapping",
        "residents.mapping.toml",
    ];
    job.other(&check)
        .ends_with(0)
        .says("12 rows: 12 can be sent");
}
