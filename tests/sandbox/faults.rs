//! Each fault, seen on the wire and in the counts.

use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use crate::sandbox::{Fault, Script, Settings, Target};
use crate::support::{Bench, End, SOURCE, Seen, start, wait_until};

/// Short where no answer is expected; long where a busy machine may make it late.
fn patience(fault: &str) -> Duration {
    if fault.starts_with("hang") {
        Duration::from_millis(500)
    } else {
        Duration::from_secs(10)
    }
}

fn tagged(tag: &str) -> (Bench, Seen) {
    let mut bench = start(Settings::default());
    bench.patience = patience(tag);
    let seen = bench.copy("t", &format!("ana+{tag}@example.com"));
    (bench, seen)
}

fn scripted(target: &str, fault: &str) -> Bench {
    let script = json!([{ "target": target, "faults": [fault] }]).to_string();
    let script = Script::parse(&script).expect("a script");
    let mut bench = start(Settings {
        script,
        ..Settings::default()
    });
    bench.patience = Duration::from_millis(400);
    bench
}

#[test]
fn pages_and_statuses_before_a_commit() {
    let expected = [
        ("400-html", 400),
        ("401", 401),
        ("403", 403),
        ("404", 404),
        ("408", 408),
        ("429", 429),
        ("500", 500),
        ("502", 502),
        ("503", 503),
        ("504", 504),
        ("html-200", 200),
        ("redirect", 302),
    ];
    for (tag, status) in expected {
        let (bench, seen) = tagged(tag);
        assert_eq!(seen.status(), status, "{tag}");
        assert!(seen.text().contains("<html>"), "{tag}");
        assert_eq!(bench.counts("t"), (1, 0), "{tag}");
        assert_eq!(seen.header("location").is_some(), tag == "redirect");
        assert_eq!(seen.header("retry-after"), None);
    }
}

#[test]
fn envelopes_and_nulls_before_a_commit() {
    for (tag, body) in [("null", ""), ("literal-null", "null")] {
        let (bench, seen) = tagged(tag);
        assert_eq!((seen.status(), seen.text().as_str()), (200, body));
        assert_eq!(bench.counts("t"), (1, 0));
    }
    for (tag, text) in [
        ("refuse", "Error: The request was"),
        ("bad-token", "Error: Bad Token"),
    ] {
        let (bench, seen) = tagged(tag);
        let answer = seen.json();
        assert_eq!(
            (&answer["Message"], &answer["SigningSessionId"]),
            (&json!("Error"), &json!(null))
        );
        assert!(
            answer["Details"][0]
                .as_str()
                .is_some_and(|detail| detail.starts_with(text))
        );
        assert_eq!(bench.counts("t"), (1, 0));
    }
}

#[test]
fn statuses_after_a_commit() {
    let expected = [
        ("500-after-commit", 500, true),
        ("400-html-after-commit", 400, true),
        ("null-after-commit", 200, false),
        ("literal-null-after-commit", 200, true),
        ("201-after-commit", 201, false),
        ("202-after-commit", 202, false),
        ("204-after-commit", 204, false),
        ("206-after-commit", 206, false),
    ];
    for (tag, status, has_body) in expected {
        let (bench, seen) = tagged(tag);
        assert_eq!(
            (seen.status(), !seen.body().is_empty()),
            (status, has_body),
            "{tag}"
        );
        assert_eq!(bench.counts("t"), (1, 1), "{tag}");
    }
}

#[test]
fn retry_after_comes_in_seconds_and_as_a_date() {
    let (_bench, seen) = tagged("429-7");
    assert_eq!(seen.header("retry-after").as_deref(), Some("7"));
    let bench = scripted("copy", "503:date+30");
    let seen = bench.copy("t", "a@example.com");
    let read = |name: &str| {
        let text = seen.header(name).unwrap_or_else(|| panic!("no {name}"));
        jiff::fmt::rfc2822::DateTimeParser::new()
            .parse_timestamp(&text)
            .expect("a date")
            .as_second()
    };
    assert!((29..=31).contains(&(read("retry-after") - read("date"))));
}

#[test]
fn an_address_tagged_429_is_served_the_third_time() {
    let bench = start(Settings::default());
    let statuses: Vec<_> = (0..3)
        .map(|_| bench.copy("t", "bo+429@example.com").status())
        .collect();
    assert_eq!(statuses, [429, 429, 200]);
    assert_eq!(bench.counts("t"), (3, 1));
}

#[test]
fn hanging_answers_send_no_byte() {
    for (tag, committed) in [("hang", 0), ("hang-after-commit", 1)] {
        let (bench, seen) = tagged(tag);
        assert_eq!((seen.bytes.len(), seen.end), (0, End::Silent), "{tag}");
        assert_eq!(bench.counts("t"), (1, committed), "{tag}");
        bench
            .running
            .shutdown()
            .expect("a hanging answer doesn't hold the shutdown");
    }
}

#[test]
fn drops_close_the_connection_without_a_byte() {
    for (tag, committed) in [("drop-before-commit", 0), ("drop-after-commit", 1)] {
        let (bench, seen) = tagged(tag);
        assert_eq!((seen.bytes.len(), seen.end), (0, End::Closed), "{tag}");
        assert_eq!(bench.counts("t"), (1, committed), "{tag}");
        let log = bench.send("GET", "/sandbox/requests", "", "").json();
        assert_eq!(log["requests"][1]["status"], json!(null));
        assert_eq!(log["requests"][1]["fault"], tag);
    }
}

#[test]
fn drops_close_kept_connections_too() {
    let bench = start(Settings::default());
    let token = bench.token();
    let request = |email: &str| {
        let body = crate::support::copy_of("t", email).to_string();
        format!(
            "POST /rest/v1/sessions/copy HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let both = request("a@example.com") + &request("a+drop-after-commit@example.com");
    let seen = bench.raw(both.as_bytes());
    assert_eq!((seen.status(), seen.end), (200, End::Closed));
    assert_eq!(
        String::from_utf8_lossy(&seen.bytes)
            .matches("HTTP/1.1")
            .count(),
        1
    );
    assert_eq!(bench.counts("t"), (2, 2));
}

#[test]
fn half_an_answer_announces_the_whole() {
    let (bench, seen) = tagged("half-answer-after-commit");
    let announced: usize = seen
        .header("content-length")
        .expect("a length")
        .parse()
        .expect("one");
    assert_eq!((seen.status(), seen.end), (200, End::Closed));
    assert_eq!(seen.body().len(), announced / 2);
    assert_eq!(bench.counts("t"), (1, 1));
}

#[test]
fn unreadable_and_huge_answers_have_their_right_length() {
    for (tag, readable) in [("unreadable", false), ("huge", true)] {
        let (bench, seen) = tagged(tag);
        let announced = seen.header("content-length").expect("a length").parse();
        assert_eq!(announced, Ok(seen.body().len()), "{tag}");
        let parsed = serde_json::from_slice::<serde_json::Value>(seen.body());
        assert_eq!(parsed.is_ok(), readable, "{tag}");
        assert_eq!(seen.body().len() == 2 * 1024 * 1024, tag == "huge");
        assert_eq!(bench.counts("t"), (1, 1), "{tag}");
    }
}

#[test]
fn slow_answers_commit_at_once() {
    let bench = start(Settings::default());
    let began = std::time::Instant::now();
    std::thread::scope(|scope| {
        let copy = scope.spawn(|| bench.copy("t", "a+slow-2s@example.com").status());
        wait_until("no commit", || bench.counts("t") == (1, 1));
        assert!(!copy.is_finished());
        assert_eq!(copy.join().expect("an answer"), 200);
    });
    assert!(began.elapsed() >= Duration::from_secs(2));
}

#[test]
fn wrong_ids() {
    let id_of = |seen: &Seen| seen.json()["SigningSessionId"].clone();
    let inner = |seen: &Seen| seen.json()["Session"][0]["SigningSessionId"].clone();
    let real = |bench: &Bench| json!(bench.stats_of("t").session_ids[0].to_string());
    let (_bench, seen) = tagged("source-id");
    assert_eq!((id_of(&seen), inner(&seen)), (json!(SOURCE), json!(SOURCE)));
    let (_bench, seen) = tagged("zero-guid");
    assert_eq!(id_of(&seen), json!(Uuid::nil().to_string()));
    assert_eq!(seen.json()["Message"], "Success");
    let (bench, seen) = tagged("no-id");
    assert_eq!((id_of(&seen), inner(&seen)), (json!(null), json!(null)));
    assert_eq!(bench.counts("t"), (1, 1));
    let (bench, seen) = tagged("two-ids");
    assert_eq!(id_of(&seen), real(&bench));
    assert_ne!(inner(&seen), real(&bench));
    let (bench, seen) = tagged("error-with-id");
    assert_eq!(
        (id_of(&seen), &seen.json()["Message"]),
        (real(&bench), &json!("Error"))
    );
    let (bench, seen) = tagged("duplicate-commit");
    assert_eq!((bench.counts("t"), id_of(&seen)), ((1, 2), real(&bench)));
    assert_eq!(bench.lookup("t").json()["TotalCount"], 2);
}

#[test]
fn lost_members() {
    let (_bench, seen) = tagged("details-with-success");
    let answer = seen.json();
    assert_eq!(
        (
            &answer["Message"],
            answer["Details"].as_array().map(Vec::len)
        ),
        (&json!("Success"), Some(1))
    );
    let (_bench, seen) = tagged("drop-signers");
    assert_eq!(seen.json()["Session"][0]["Signers"], json!([]));
    let (_bench, seen) = tagged("ignore-title");
    assert_eq!(
        seen.json()["Session"][0]["SessionInfo"]["Title"],
        "Session 3f0c6c1e"
    );
    let (bench, seen) = tagged("ignore-transaction-id");
    assert_eq!(
        seen.json()["Session"][0]["SessionInfo"]["TransactionId"],
        json!(null)
    );
    assert_eq!(bench.lookup("t").json()["TotalCount"], 0);
    assert_eq!(
        bench.counts("t"),
        (1, 1),
        "the oracle knows the request it came from"
    );
}

#[test]
fn late_truths() {
    let (bench, seen) = tagged("invisible-3s");
    assert_eq!(seen.json()["Message"], "Success");
    assert_eq!(bench.lookup("t").json()["TotalCount"], 0);
    wait_until("it stays invisible", || {
        bench.lookup("t").json()["TotalCount"] == 1
    });
    let (bench, seen) = tagged("late-commit-3s");
    assert_eq!((seen.bytes.len(), seen.end), (0, End::Closed));
    assert_eq!(bench.counts("t"), (1, 0));
    wait_until("no commit", || bench.counts("t") == (1, 1));
}

#[test]
fn every_copy_fault_is_told_by_a_tag_and_counted() {
    for (fault, name, _) in Fault::catalogue().filter(|(fault, ..)| fault.fits(Target::Copy)) {
        let (bench, _seen) = tagged(name);
        let stats = bench.running.stats();
        assert_eq!(stats.faults.get(&fault.to_string()), Some(&1), "{name}");
        assert_eq!(stats.copies_received, 1, "{name}");
    }
}

#[test]
fn look_ups_fail_by_script() {
    let looked = |fault: &str| {
        let bench = scripted("lookup", fault);
        let id = bench.copy("t", "a@example.com").json()["SigningSessionId"].clone();
        let seen = bench.lookup("t");
        assert_eq!(
            bench.lookup("t").json()["TotalCount"],
            1,
            "{fault}: the second is honest"
        );
        (id, seen)
    };
    let (id, seen) = looked("lookup-includes-source");
    let listed = seen.json()["SessionInfoLiteViews"].clone();
    // By creation time: the source is older.
    assert_eq!(listed[0]["SigningSessionId"], json!(SOURCE));
    assert_eq!(listed[1]["SigningSessionId"], id);
    let (id, seen) = looked("lookup-duplicate");
    assert_eq!(
        seen.json()["SessionInfoLiteViews"][1]["SigningSessionId"],
        id
    );
    assert_eq!(looked("lookup-absent").1.json()["TotalCount"], 0);
    let details = looked("username-not-found").1.json()["Details"].clone();
    assert_eq!(details, json!(["Error: Username not found."]));
    assert_eq!(looked("null").1.body(), b"");
    assert_eq!(looked("429").1.status(), 429);
    assert_eq!(looked("500").1.status(), 500);
    assert_eq!(looked("hang").1.end, End::Silent);
    assert_eq!(looked("drop-before-commit").1.bytes.len(), 0);
}

#[test]
fn tokens_and_sessions_fail_by_script() {
    let bench = scripted("token", "null");
    assert_eq!(bench.fetch_token().body(), b"");
    assert_eq!(bench.fetch_token().json()["Message"], "Success");
    let bench = scripted("session", "500");
    assert_eq!(
        bench.call("GET", &format!("sessions/{SOURCE}")).status(),
        500
    );
    assert_eq!(
        bench.call("GET", &format!("sessions/{SOURCE}")).status(),
        200
    );
}

#[test]
fn rates_strike_as_often_as_they_say() {
    let rates = vec!["500=50%".parse().expect("a rate")];
    let strike = || {
        let settings = Settings {
            rates: rates.clone(),
            seed: 3,
            ..Settings::default()
        };
        let bench = start(settings);
        (0..60)
            .map(|_| bench.copy("t", "a@example.com").status())
            .collect::<Vec<_>>()
    };
    let statuses = strike();
    let struck = statuses.iter().filter(|status| **status == 500).count();
    assert!((15..45).contains(&struck), "{struck}");
    assert_eq!(statuses, strike());
}
