//! `check --json`: one object that its schema describes, whatever becomes of the list.

use serde_json::Value;

use crate::kit::{HEADER, Job, Ran, SOURCE};

/// Whether a value is as a schema says, by the few words that ours uses.
fn require(schema: &Value, value: &Value, root: &Value, place: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let definition = &root.pointer(reference.trim_start_matches('#')).unwrap();
        return require(definition, value, root, place);
    }
    let is_of = |name: &str| match name {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{place}: the schema says {other}"),
    };
    let is_one = match &schema["type"] {
        Value::String(name) => is_of(name),
        Value::Array(names) => names.iter().any(|name| is_of(name.as_str().unwrap())),
        _ => panic!("{place}: the schema has no type"),
    };
    assert!(is_one, "{place}: {value} is no {}", schema["type"]);
    if let Some(only) = schema.get("const") {
        assert_eq!(value, only, "{place}");
    }
    if let Some(members) = value.as_object() {
        for name in schema["required"].as_array().into_iter().flatten() {
            assert!(
                members.contains_key(name.as_str().unwrap()),
                "{place}: no {name}"
            );
        }
        for (name, member) in members {
            let place = format!("{place}.{name}");
            match (
                schema["properties"].get(name),
                &schema["additionalProperties"],
            ) {
                (Some(known), _) => require(known, member, root, &place),
                (None, Value::Object(_)) => {
                    require(&schema["additionalProperties"], member, root, &place);
                }
                (None, additional) => assert_ne!(*additional, Value::Bool(false), "{place}"),
            }
        }
    }
    for (number, item) in value.as_array().into_iter().flatten().enumerate() {
        require(&schema["items"], item, root, &format!("{place}[{number}]"));
    }
}

/// What a check prints: one line, as the schema says.
fn object(ran: &Ran) -> Value {
    assert_eq!(
        ran.stdout.lines().count(),
        1,
        "{}{}",
        ran.stdout,
        ran.stderr
    );
    let object: Value = serde_json::from_str(&ran.stdout).unwrap();
    let schema: Value = serde_json::from_str(include_str!("../../docs/check.schema.json")).unwrap();
    require(&schema, &object, &schema, "check");
    assert_eq!(object["exit_code"], ran.code);
    object
}

#[test]
fn a_sound_list_is_described_with_who_is_left_out_and_the_next_command() {
    let job = Job::new();
    let rows = [
        "Lease,Li,ana@gmial.com",
        "Lease,Wu,bo@example.com",
        "Lease,Wu,cy@example.com",
        "Rent,Wu,cy@example.com",
        "Sale,Wu,cy@example.com",
        "Lease,Wu,not an address",
    ];
    let rows = rows.map(|row| format!("{SOURCE},{row}\n")).concat();
    job.write("m.csv", format!("{HEADER}{rows}"));
    job.write("no.txt", "bo@example.com\n");
    let flags = [
        "--exclude",
        "no.txt",
        "--max-per-address",
        "2",
        "--skip-invalid",
    ];
    let ran = job
        .other(&[&["check", "m.csv", "--json"], &flags[..]].concat())
        .ends_with(0);
    let found = object(&ran);
    assert_eq!(found["rows"], 6);
    assert_eq!(found["would_send"]["sessions"], 3);
    assert_eq!(found["would_send"]["people"], 2);
    assert_eq!(
        found["repeated_addresses"],
        serde_json::json!({"addresses": 1, "listed": [
            {"address": "cy@example.com", "copies": 2, "rows": [3, 4]}]})
    );
    assert_eq!(found["excluded"]["first"], serde_json::json!([3]));
    assert_eq!(found["over_limit"]["rows"], 1);
    assert_eq!(found["invalid"]["rows"], 1);
    assert_eq!(found["invalid"]["problems"][0]["line"], 7);
    assert_eq!(found["invalid"]["problems"][0]["column"], "signer_1_email");
    let warning = &found["warnings"][0];
    assert_eq!(warning["kind"], "mistyped_domain");
    assert_eq!(warning["fields"]["meant"], "gmail.com");
    assert_eq!(found["example"]["signers"][0]["email"], "ana@gmial.com");
    let next = found["next"].as_str().unwrap();
    let said = format!("run m.csv {} --endpoint sandbox", flags.join(" "));
    assert!(next.ends_with(&said), "{next}");
    assert!(
        ran.stderr.contains("3 sessions from 1 source"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_refused_list_has_its_problems_and_the_same_members() {
    let job = Job::new();
    job.mailing("m.csv", &["ana@example.com", "bad", "ana@example.com"]);
    let ran = job.other(&["check", "m.csv", "--json"]).ends_with(5);
    let found = object(&ran);
    assert_eq!(found["would_send"], Value::Null);
    let problems = found["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 2);
    assert_eq!(problems[0]["line"], 3);
    assert_eq!(problems[0]["column"], "signer_1_email");
    assert_eq!(problems[1]["line"], 4);
    assert_eq!(problems[1]["column"], Value::Null);
    assert!(ran.stderr.contains("m.csv:3: column signer_1_email"));
    job.write(
        "m.json",
        format!("[{{\"source_session_id\": \"{SOURCE}\", \"signers\": [{{\"email\": \"a\"}}]}}]"),
    );
    let found = object(&job.other(&["check", "m.json", "--json"]).ends_with(5));
    assert_eq!(found["problems"][0]["record"], 1);
    assert_eq!(found["problems"][0]["column"], "signers[0].email");
    job.write("no.txt", "nobody\n");
    let missing = ["check", "n.csv", "--json"];
    let unusable = ["check", "m.csv", "--json", "--exclude", "no.txt"];
    for arguments in [&missing[..], &unusable] {
        let found = object(&job.other(arguments).ends_with(5));
        assert_eq!(found["problems"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn a_report_is_described_too() {
    let job = Job::new();
    job.mailing("m.csv", &["ana@example.com", "bo+refuse@example.com"]);
    job.run("m.csv", &[]).ends_with(3);
    let corrected = job.read("m.results.csv").replace("bo+refuse@", "bo@");
    job.write("m.results.csv", corrected);
    let found = object(
        &job.other(&["check", "m.results.csv", "--json"])
            .ends_with(0),
    );
    assert_eq!(
        (&found["corrected"], &found["rows"]),
        (&1.into(), &Value::Null)
    );
    assert_eq!(found["would_send"]["sessions"], 1);
    let next = found["next"].as_str().unwrap();
    assert!(
        next.contains("retry m.results.csv --endpoint http://127.0.0.1"),
        "{next}"
    );
    crate::recovery::lose(&job);
    let lost = ["check", "m.results.csv", "--without-ledger", "--json"];
    object(&job.other(&lost).ends_with(0));
}
