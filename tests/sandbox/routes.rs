//! Each route, honestly answered.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::sandbox::{KnownSource, SessionState, Settings, SignerMode};
use crate::support::{SOURCE, copy_of, start};

#[test]
fn a_token_needs_the_key_that_goes_with_the_salt() {
    let bench = start(Settings::default());
    let answer = bench.fetch_token();
    assert_eq!(
        answer.header("content-type").as_deref(),
        Some("application/json; charset=utf-8")
    );
    assert!(answer.text().contains(r"++\/\/"), "{}", answer.text());
    assert_eq!(answer.json()["Message"], "Success");
    let wrong = bench.send(
        "GET",
        "/rest/v1/gettoken/othersalt",
        bench.running.api_key(),
        "",
    );
    let wanted =
        json!({ "Message": "Error", "Details": ["Error: Invalid API key"], "ReturnValue": null });
    assert_eq!(wrong.json(), wanted);
}

#[test]
fn a_key_is_encrypted_by_the_service_too() {
    let bench = start(Settings {
        api_key: "sandbox-api-key".into(),
        ..Settings::default()
    });
    let sealed = bench
        .send("GET", "/rest//v1/encrypt/sandbox-api-key/abc1", "", "")
        .json();
    let sealed = sealed["ReturnValue"]
        .as_str()
        .expect("a ciphertext")
        .to_owned();
    assert!(sealed.contains('/') && sealed.contains('+'));
    let token = bench
        .send("GET", "/rest//v1/gettoken/abc1", &sealed, "")
        .json();
    assert_eq!(token["Message"], "Success");
    let refused = bench
        .send("GET", "/rest/v1/encrypt/key/salt-1", "", "")
        .json();
    assert_eq!(refused["Message"], "Error");
}

#[test]
fn a_bad_or_expired_token_answers_null() {
    let life = Duration::from_millis(30);
    let bench = start(Settings {
        token_life: life,
        ..Settings::default()
    });
    let token = bench.token();
    std::thread::sleep(Duration::from_millis(80));
    for token in [token.as_str(), "nonsense"] {
        let body = copy_of("t", "a@example.com").to_string();
        let seen = bench.send("POST", "/rest/v1/sessions/copy", token, &body);
        assert_eq!((seen.status(), seen.body()), (200, &b""[..]));
    }
    assert_eq!(bench.counts("t"), (2, 0));
}

#[test]
fn a_copy_is_found_read_started_cancelled_and_deleted() {
    let bench = start(Settings::default());
    let copied = bench.copy("t-1", "ada@example.com").json();
    let id = copied["SigningSessionId"]
        .as_str()
        .expect("an id")
        .to_owned();
    assert_eq!(copied["Session"][0]["SigningSessionId"], id.as_str());
    assert_eq!(copied["Session"][0]["StatusCode"], 1);
    let read = bench.call("GET", &format!("sessions/{id}")).json();
    assert_eq!(read["Session"][0]["SessionInfo"]["Title"], "Lease 42");
    assert_eq!(
        read["Session"][0]["SessionInfo"]["OwnerEmail"],
        bench.running.owner()
    );
    assert_eq!(read["Session"][0]["Signers"][0]["LastName"], "B/y");
    let found = bench.lookup("t-1").json();
    assert_eq!(
        (
            &found["TotalCount"],
            found["SessionInfoLiteViews"][0]["Title"].as_str()
        ),
        (&json!(1), Some("Lease 42"))
    );
    for (call, code) in [("start?returnUrl=x", 2), ("cancel?returnURL=x", 4)] {
        let answer = bench.call("PUT", &format!("sessions/{id}/{call}")).json();
        assert_eq!(answer["ReturnValue"], "True");
        let found = bench.lookup("t-1").json();
        assert_eq!(found["SessionInfoLiteViews"][0]["StatusCode"], code);
    }
    let again = bench
        .call("PUT", &format!("sessions/{id}/start?returnUrl=x"))
        .json();
    assert_eq!(
        (&again["Message"], &again["ReturnValue"]),
        (&json!("Error"), &json!("False"))
    );
    assert_eq!(
        bench.call("DELETE", &format!("sessions/{id}")).json()["ReturnValue"],
        "True"
    );
    assert_eq!(bench.lookup("t-1").json()["TotalCount"], 0);
    assert_eq!(
        bench.counts("t-1"),
        (1, 1),
        "what was committed stays counted"
    );
    assert_eq!(
        bench.call("GET", "sessions/deleted/50/0").json()["SessionIds"],
        json!([id])
    );
}

#[test]
fn look_ups_name_the_owner() {
    let bench = start(Settings::default());
    bench.copy("t-1", "a@example.com");
    bench.copy("t-1", "a@example.com");
    let owner = bench.running.owner();
    let path = format!("/rest/v2/users/{owner}/transactions/t-1");
    let found = bench.send("GET", &path, &bench.token(), "").json();
    assert_eq!(found["Session"].as_array().map(Vec::len), Some(2));
    let found = bench
        .call("GET", "users/nobody@example.com/transactions/t-1")
        .json();
    assert_eq!(found["Details"], json!(["Error: Username not found."]));
    let path = format!("sessions/lite/{owner}/t-1/1/1/sortBy?colName=CreatedOn&sortOrder=asc");
    let page = bench.call("GET", &path).json();
    assert_eq!(page["TotalCount"], 2);
    let second = bench.stats_of("t-1").session_ids[1].to_string();
    assert_eq!(
        page["SessionInfoLiteViews"][0]["SigningSessionId"],
        second.as_str()
    );
}

#[test]
fn sources_are_made_up_or_known() {
    let bench = start(Settings::default());
    let read = bench.call("GET", &format!("sessions/{SOURCE}")).json();
    assert_eq!(
        read["Session"][0]["Signers"].as_array().map(Vec::len),
        Some(4)
    );
    let mut body = copy_of("t", "a@example.com");
    body["session"]["Signers"] = Value::Null;
    let copied = bench.copy_body(&body).json();
    assert_eq!(
        copied["Session"][0]["Signers"].as_array().map(Vec::len),
        Some(4)
    );

    let gone: KnownSource = format!("{SOURCE}=purged").parse().expect("a source");
    let expired = KnownSource {
        id: Uuid::from_u128(1),
        state: SessionState::Expired,
        ..KnownSource::default()
    };
    let settings = Settings {
        known_sources: Some(vec![gone, expired.clone()]),
        ..Settings::default()
    };
    let bench = start(settings);
    assert_eq!(bench.copy("t", "a@example.com").json()["Message"], "Error");
    let mut body = copy_of("t", "a@example.com");
    body["session"]["SigningSessionId"] = json!(expired.id.to_string());
    assert_eq!(bench.copy_body(&body).json()["Message"], "Success");
    body["session"]["SigningSessionId"] = json!(Uuid::from_u128(2).to_string());
    assert_eq!(bench.copy_body(&body).json()["Message"], "Error");
    let listed = bench.call("GET", "sessions/expired/50/0").json();
    assert_eq!(listed["SessionIds"], json!([expired.id.to_string()]));
    assert_eq!(bench.counts("t"), (3, 1));
}

#[test]
fn requests_are_strict_where_wcf_is() {
    let bench = start(Settings::default());
    let mut wrong = copy_of("t", "a@example.com");
    wrong["Session"] = wrong["session"].take();
    assert_eq!(bench.copy_body(&wrong).status(), 400);
    let mut pairs = copy_of("t", "a@example.com");
    pairs["session"]["Signers"][0]["MergeFieldMapping"] = json!({ "a": "b" });
    assert_eq!(bench.copy_body(&pairs).status(), 400);
    pairs["session"]["Signers"][0]["MergeFieldMapping"] = json!([{ "Key": "a", "Value": "b" }]);
    pairs["session"]["SessionInfo"]["ExpiresOn"] = json!("2001-01-01");
    pairs["session"]["SessionInfo"]["sendSignerInvites"] = json!("ignored");
    let copied = bench.copy_body(&pairs).json();
    let session = &copied["Session"][0];
    assert_eq!(
        session["Signers"][0]["MergeFieldMapping"],
        json!([{ "Key": "a", "Value": "b" }])
    );
    assert_eq!(session["SessionInfo"]["ExpiresOn"], "/Date(978307200000)/");
    let mut nobody = copy_of("t", "");
    nobody["session"]["Signers"][0]["LastName"] = json!("X");
    let details = bench.copy_body(&nobody).json()["Details"].clone();
    assert_eq!(
        details,
        json!(["Error: All signers must have a last name and valid email address."])
    );
    assert_eq!(bench.call("POST", "sessions/x/start").status(), 405);
    assert_eq!(bench.call("GET", "nothing").status(), 404);
    assert_eq!(bench.call("GET", &"x".repeat(300)).status(), 400);
    let put =
        b"PUT /rest/v1/sessions/x/start HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    assert_eq!(bench.raw(put).status(), 411);
}

#[test]
fn invites_leave_when_a_session_starts() {
    let settings = Settings {
        signer_mode: SignerMode::Merge,
        ..Settings::default()
    };
    let bench = start(settings);
    let mut body = copy_of("t", "new@example.com");
    body["session"]["SessionInfo"]
        .as_object_mut()
        .expect("an object")
        .remove("SendSignerInvites");
    let id = bench.copy_body(&body).json()["SigningSessionId"]
        .as_str()
        .expect("an id")
        .to_owned();
    let silent = bench.copy("t", "b@example.com").json()["SigningSessionId"]
        .as_str()
        .expect("an id")
        .to_owned();
    assert_eq!(bench.running.stats().mails, 0);
    for id in [id, silent] {
        bench.call("PUT", &format!("sessions/{id}/start?returnUrl=x"));
    }
    assert_eq!(bench.running.stats().mails, 5);
    let mails = bench.send("GET", "/sandbox/mails", "", "").json();
    assert_eq!(mails["mails"][4]["email"], "new@example.com");
}

#[test]
fn the_sandbox_tells_what_it_counted() {
    let bench = start(Settings::default());
    bench.copy("t-1", "a@example.com");
    let stats = bench.send("GET", "/sandbox/stats", "", "").json();
    assert_eq!(
        stats["requests"],
        json!({ "CopySigningSession": 1, "GetToken": 1 })
    );
    assert_eq!(
        (&stats["copies_received"], &stats["copies_committed"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(stats["transactions"]["t-1"]["received"], 1);
    let log = bench
        .send("GET", "/sandbox/requests?after=1", "", "")
        .json();
    assert_eq!(log["last"], 2);
    assert_eq!(log["requests"][0]["path"], "/rest/v1/sessions/copy");
    assert_eq!(log["requests"][0]["status"], 200);
    let whole = bench.send("GET", "/sandbox/requests", "", "").text();
    assert!(!whole.contains(bench.running.salt()), "{whole}");
    let typed: crate::sandbox::Stats =
        serde_json::from_value(stats).expect("the same answer_style");
    assert_eq!(typed, bench.running.stats());
}

/// A page that a browser was led to by a name of its own for this machine is no client, and no key opens
/// two sandboxes.
#[test]
fn other_hosts_and_other_keys_are_refused() {
    let bench = start(Settings::default());
    for host in [
        "localhost",
        "127.0.0.1:1",
        "[::1]:80",
        "LOCALHOST:8765",
        "127.8.9.1",
    ] {
        assert_eq!(bench.get_as("/sandbox/stats", host).status(), 200, "{host}");
    }
    for host in [
        "esign.example.com",
        "127.0.0.1.example.com",
        "localhost.example.com:80",
        "10.0.0.1",
        "a@127.0.0.1",
        "",
    ] {
        assert_eq!(bench.get_as("/sandbox/stats", host).status(), 403, "{host}");
    }
    let other = start(Settings::default());
    let (mine, theirs) = (&bench.running, &other.running);
    let path = format!("/rest/v1/gettoken/{}", theirs.salt());
    assert_eq!(
        bench.send("GET", &path, theirs.api_key(), "").json()["Message"],
        "Error"
    );
    let path = format!("/rest/v1/gettoken/{}", mine.salt());
    assert_eq!(
        bench.send("GET", &path, mine.api_key(), "").json()["Message"],
        "Success"
    );
}
