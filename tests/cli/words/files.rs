//! Files that are no manifest, or a broken one.

use super::assert_words;
use super::scene::Scene;
use crate::kit::{HEADER, SOURCE};

fn row(email: &str) -> String {
    format!("{SOURCE},Lease,Li,{email}\n")
}

#[test]
fn what_is_no_manifest() {
    let mut scene = Scene::mailing(&["a@example.com"]);
    let job = &scene.job;
    job.write("list.xlsx", b"PK\x03\x04\x14\x00\x06\x00");
    job.write("renamed.csv", b"PK\x03\x04\x14\x00\x06\x00");
    job.write("empty.csv", "");
    job.write("rows.doc", job.read("m.csv"));
    job.write("picture.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    std::fs::create_dir(job.path("folder.csv")).unwrap();
    scene.types_all(&[
        "run missing.csv --endpoint [endpoint]",
        "run folder.csv --endpoint [endpoint]",
        "run list.xlsx --endpoint [endpoint]",
        "check renamed.csv",
        "run empty.csv --endpoint [endpoint]",
        "run rows.doc --endpoint [endpoint]",
        "check picture.csv",
        "run - --endpoint [endpoint] --format csv",
        "run - --endpoint [endpoint] --ledger l --report r",
        "check -",
    ]);
    assert_words!("files", scene.shown());
}

#[test]
fn broken_text() {
    let mut scene = Scene::new();
    let good = row("a@example.com");
    let texts: [(&str, Vec<u8>); 12] = [
        (
            "ragged.csv",
            format!("{HEADER}{good}{SOURCE},Lease,Li\n{SOURCE},Lease, 2,Li,b@example.com\n").into(),
        ),
        (
            "latin.csv",
            [
                HEADER.as_bytes(),
                SOURCE.as_bytes(),
                b",Lease,M\xfcller,a@example.com\n",
            ]
            .concat(),
        ),
        (
            "quote.csv",
            format!("{HEADER}{SOURCE},\"Lease,Li,a@example.com\n{good}").into(),
        ),
        (
            "inner_quote.csv",
            format!("{HEADER}{SOURCE},Lease,\"O\"Connor,a@example.com\n").into(),
        ),
        (
            "twice.csv",
            format!("{HEADER}{good}{HEADER}{}", row("b@example.com")).into(),
        ),
        (
            "nul.csv",
            format!("{HEADER}{SOURCE},Le\0ase,Li,a@example.com\n").into(),
        ),
        (
            "long.csv",
            format!("{HEADER}{SOURCE},{},Li,a@example.com\n", "x".repeat(10_001)).into(),
        ),
        (
            "blank.csv",
            format!("{HEADER}{good}\n,,,\n{}", row("b@example.com")).into(),
        ),
        ("sep.csv", format!("sep=;\n{HEADER}{good}").into()),
        ("only_header.csv", HEADER.into()),
        ("cut.csv", format!("{HEADER}{}", good.trim_end()).into()),
        (
            "break.csv",
            format!("{HEADER}{SOURCE},Lease,Li,\"a@example.com\nb@example.com\"\n").into(),
        ),
    ];
    for (name, text) in texts {
        scene.job.write(name, text);
        scene.types(&format!("check {name}"));
    }
    assert_words!("broken_csv", scene.shown());
}

#[test]
fn broken_json() {
    let mut scene = Scene::new();
    let good = format!(r#"{{"source_session_id":"{SOURCE}","title":"Lease"}}"#);
    for (name, text) in [
        ("cut.json", format!("[{good},")),
        ("object.json", good.clone()),
        ("words.json", "source_session_id".into()),
        ("comma.json", format!("[{good} {good}]")),
        (
            "types.json",
            format!(r#"[{{"source_session_id":"{SOURCE}","title":5,"signers":"Li"}}]"#),
        ),
        (
            "twice.json",
            format!(r#"[{{"title":"A","title":"B","source_session_id":"{SOURCE}"}}]"#),
        ),
        (
            "signers.json",
            format!(
                r#"[{{"source_session_id":"{SOURCE}","signers":[{{"email":"a@","emial":"b"}}]}}]"#
            ),
        ),
        (
            "names.json",
            format!(r#"[{{"source_sesion_id":"{SOURCE}"}}]"#),
        ),
        ("empty.json", "[]".into()),
        ("lines.jsonl", format!("{good}\nsource\n{good}\n")),
        ("array.jsonl", format!("[{good}]")),
    ] {
        scene.job.write(name, text);
        scene.types(&format!("check {name}"));
    }
    assert_words!("broken_json", scene.shown());
}
