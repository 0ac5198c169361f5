//! Starting, stopping, and what survives.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;

use crate::sandbox::{Sandbox, Settings};
use crate::support::{SOURCE, start, wait_until};

fn fails(settings: Settings) -> String {
    let refused = Sandbox::start(settings).expect_err("a refusal");
    refused.to_string()
}

#[test]
fn only_loopback_is_served() {
    let address = "0.0.0.0:0".parse().expect("an address");
    let error = fails(Settings {
        address,
        ..Settings::default()
    });
    assert!(error.contains("loopback only"), "{error}");
    let rates = vec!["500=60%".parse().expect("a rate"); 2];
    assert!(
        fails(Settings {
            rates,
            ..Settings::default()
        })
        .contains("120%")
    );
}

#[test]
fn a_taken_port_is_told() {
    let bench = start(Settings::default());
    let address = bench.running.address();
    let error = fails(Settings {
        address,
        ..Settings::default()
    });
    assert!(error.contains("can't listen on 127.0.0.1:"), "{error}");
}

#[test]
fn sessions_survive_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sandbox.state");
    let settings = Settings {
        state: Some(path.clone()),
        ..Settings::default()
    };
    let bench = start(settings.clone());
    bench.copy("t-1", "a@example.com");
    bench.copy("t-1", "a+ignore-transaction-id@example.com");
    bench.copy("t-2", "a@example.com");
    let before = bench.running.stats().transactions;
    let deleted = before["t-2"].session_ids[0];
    bench.call("DELETE", &format!("sessions/{deleted}"));
    bench.call("PUT", &format!("sessions/{SOURCE}/cancel?returnURL=x"));
    assert!(fails(settings.clone()).contains("another sandbox holds it"));
    bench.running.shutdown().expect("saved");

    // What a kill in the middle of a save leaves.
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .open(&path)
        .expect("the file");
    file.write_all(b"{\"session\":{\"id\":\"3f0c")
        .expect("half a line");
    drop(file);
    for _ in 0..2 {
        let bench = start(settings.clone());
        let after = bench.running.stats().transactions;
        assert_eq!(after["t-1"].session_ids, before["t-1"].session_ids);
        assert_eq!((after["t-1"].committed, after["t-1"].received), (2, 0));
        let found = bench.lookup("t-1").json();
        assert_eq!(
            (
                &found["TotalCount"],
                found["SessionInfoLiteViews"][0]["Title"].as_str()
            ),
            (&1.into(), Some("Lease 42"))
        );
        assert_eq!(bench.lookup("t-2").json()["TotalCount"], 0);
        let source = bench.call("GET", &format!("sessions/{SOURCE}")).json();
        assert_eq!(source["Session"][0]["StatusCode"], 4);
    }
}

#[test]
fn sessions_are_saved_while_it_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sandbox.state");
    let bench = start(Settings {
        state: Some(path.clone()),
        ..Settings::default()
    });
    bench.copy("t-1", "a@example.com");
    wait_until("it is not saved", || {
        let saved = std::fs::read_to_string(&path).unwrap_or_default();
        saved.contains("\"t-1\"") && saved.ends_with('\n')
    });
}

#[test]
fn a_wrong_line_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sandbox.state");
    std::fs::write(&path, "{\"session\": 5}\n").expect("written");
    let error = fails(Settings {
        state: Some(path),
        ..Settings::default()
    });
    assert!(
        error.contains("sandbox.state") && error.contains("line 1"),
        "{error}"
    );
}

#[test]
fn dropping_ends_it() {
    let bench = start(Settings::default());
    let address = bench.running.address();
    drop(bench);
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[test]
fn the_state_is_a_private_file_and_no_link() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sandbox.state");
    std::fs::write(&path, "").expect("a file");
    let open = std::fs::Permissions::from_mode(0o666);
    std::fs::set_permissions(&path, open).expect("its rights");
    let settings = |state: &std::path::Path| Settings {
        state: Some(state.to_owned()),
        ..Settings::default()
    };
    drop(start(settings(&path)));
    let mode = std::fs::metadata(&path)
        .expect("the file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let link = folder.path().join("link.state");
    std::os::unix::fs::symlink(&path, &link).expect("a link");
    assert!(fails(settings(&link)).contains("symbolic link"));
}
