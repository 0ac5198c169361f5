//! Headers and cells that are not what they should be.

use jiff::Timestamp;

use super::assert_words;
use super::scene::Scene;
use crate::kit::SOURCE;

#[test]
fn headers() {
    let mut scene = Scene::new();
    for (name, header) in [
        ("misspelt", "source_session_id,titel,signer_1_emial"),
        ("twice", "source_session_id,title,Title"),
        ("two_names", "source_session_id,SigningSessionId,title"),
        ("missing", "title,signer_1_last_name,signer_1_email"),
        ("signer", "source_session_id,signer_1_phone,signer_0_email"),
        ("nameless", "source_session_id,,title"),
        ("zero", "source_session_id,signer_0_email,title"),
        ("none", "8c1f5f0e-6f0b-4b53-9a55-2f6d1f4f0c11,Lease,Li"),
        ("one", "source_session_id title signer_1_email"),
    ] {
        let file = format!("{name}.csv");
        let cells = format!("{SOURCE},{SOURCE},a@example.com");
        scene.job.write(&file, format!("{header}\n{cells}\n"));
        scene.types(&format!("check {file}"));
    }
    scene.types("check misspelt.csv --other-column titel");
    assert_words!("headers", scene.shown());
}

/// A file for each column, with a row for each bad cell.
#[test]
fn bad_cells() {
    let mut scene = Scene::new();
    let addresses = [
        "",
        "ana@",
        "ana",
        "a@example.com; b@example.com",
        "Ana <a@example.com>",
    ];
    let rows = addresses
        .map(|cell| format!("{SOURCE},Li,{cell}\n"))
        .concat();
    let head = "source_session_id,signer_1_last_name,signer_1_email";
    scene.job.write("addresses.csv", format!("{head}\n{rows}"));
    scene.types("check addresses.csv");
    for (column, cells) in [
        ("signer_1_sequence", &["first", "0", "-1"][..]),
        ("transaction_id", &["lease/8", "1.23E+15"]),
        ("title", &["#NAME?"]),
        ("version", &["two", "-1", "99999999999"]),
        ("retain_fields", &["perhaps"]),
        ("send_signer_invites", &["x"]),
        ("expires_on", &["31/12/2026", "soon"]),
        ("reminder_frequency_days", &["0", "45", "weekly"]),
        ("return_url", &["example", "javascript:alert(1)"]),
        ("copy_to", &["owner"]),
        ("email_options", &["all"]),
    ] {
        let rows = cells
            .iter()
            .map(|cell| format!("{SOURCE},Li,a@example.com,\"{cell}\"\n"));
        let file = format!("{column}.csv");
        scene.job.write(
            &file,
            format!("{head},{column}\n{}", rows.collect::<String>()),
        );
        scene.types(&format!("check {file}"));
    }
    scene.job.write(
        "past.csv",
        format!("{head},expires_on\n{SOURCE},Li,a@example.com,2020-01-01\n"),
    );
    let today = Timestamp::now().strftime("%F").to_string();
    scene.types("check past.csv").calls(today, "[today]");
    let ids = [
        "",
        "8c1f5f0e-6f0b",
        "00000000-0000-0000-0000-000000000000",
        "8.1F+20",
    ];
    let rows = ids.map(|id| format!("{id},Lease\n")).concat();
    scene
        .job
        .write("ids.csv", format!("source_session_id,title\n{rows}"));
    scene.types("check ids.csv");
    assert_words!("bad_cells", scene.shown());
}

#[test]
fn rows_beside_each_other() {
    let mut scene = Scene::mailing(&["a@example.com", "b@example.com", "A@example.com"]);
    let job = &scene.job;
    let keys = "row_id,source_session_id,title,signer_1_last_name,signer_1_email\n";
    let row = |email: &str| format!("K1,{SOURCE},Lease,Li,{email}\n");
    job.write(
        "keys.csv",
        format!("{keys}{}{}", row("a@example.com"), row("b@example.com")),
    );
    let shared = "transaction_id,source_session_id,title,signer_1_last_name,signer_1_email\n";
    job.write(
        "shared.csv",
        format!("{shared}{}{}", row("a@example.com"), row("b@example.com")),
    );
    scene.types_all(&[
        "check m.csv",
        "check keys.csv",
        "check m.csv --duplicates skip",
        "check keys.csv --duplicates skip",
        "check m.csv --duplicates skip --expect-rows 2",
        "run m.csv --endpoint [endpoint] --expect-rows 4",
        "check shared.csv",
    ]);
    assert_words!("beside_each_other", scene.shown());
}

/// The sample that the README sends its readers to.
#[test]
fn the_sample_of_mistakes() {
    let mut scene = Scene::new();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/bad-rows.csv");
    std::fs::copy(sample, scene.job.path("bad-rows.csv")).unwrap();
    scene
        .types("check bad-rows.csv")
        .types("check bad-rows.csv --skip-invalid");
    assert_words!("bad_rows", scene.shown());
}
