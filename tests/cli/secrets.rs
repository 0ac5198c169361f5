//! Credentials stand in no output, no file, no message.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::kit::{Job, Ran};

#[test]
fn no_secret_is_ever_shown_or_kept() {
    let job = Job::new();
    let (key, salt) = (
        job.sandbox.api_key().to_owned(),
        job.sandbox.salt().to_owned(),
    );
    job.mailing(
        "m.csv",
        &["a@example.com", "b+refuse@example.com", "c+500@example.com"],
    );
    let mut said = job.run("m.csv", &["-v"]).ends_with(4).stderr;
    job.mailing("gone.csv", &["a@example.com"]);
    let gone = [
        "run",
        "gone.csv",
        "--endpoint",
        "http://127.0.0.1:1/rest",
        "--max-attempts",
        "1",
        "-v",
    ];
    said += &job.other(&gone).ends_with(69).stderr;
    said += &job.other(&["status", "m.csv"]).stdout;
    for entry in std::fs::read_dir(job.folder()).unwrap() {
        let path = entry.unwrap().path();
        said += &String::from_utf8_lossy(&std::fs::read(&path).unwrap());
    }
    for secret in [key, salt] {
        assert!(!said.contains(&secret), "a secret is shown");
    }
}

#[test]
fn secrets_are_read_from_files() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    job.write("key", format!("{}\n", job.sandbox.api_key()));
    job.write("salt", format!("{}\n", job.sandbox.salt()));
    let mut command = job.sending("run", "m.csv", &[]);
    command
        .env_remove("ESIGN_COPY_API_KEY")
        .env_remove("ESIGN_COPY_SALT");
    command
        .env("ESIGN_COPY_API_KEY_FILE", "key")
        .env("ESIGN_COPY_SALT_FILE", "salt");
    assert_eq!(command.output().unwrap().status.code(), Some(0));
    let mut command = job.sending("run", "m.csv", &[]);
    let output = command.env_remove("ESIGN_COPY_SALT").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(!String::from_utf8_lossy(&output.stderr).contains(job.sandbox.api_key()));
}

/// What docker's env files, and editors and shells on Windows, put around a key.
#[test]
fn a_key_is_read_as_people_store_it() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    let (key, salt) = (job.sandbox.api_key(), job.sandbox.salt());
    let with = |set: &[(&str, String)]| {
        let mut command = job.sending("run", "m.csv", &[]);
        command.env_remove("ESIGN_COPY_API_KEY");
        command.env_remove("ESIGN_COPY_SALT");
        Ran::from(
            command
                .envs(set.iter().map(|(name, value)| (*name, value)))
                .output()
                .unwrap(),
        )
    };
    let quoted = [
        ("ESIGN_COPY_API_KEY", format!("\"{key}\"")),
        ("ESIGN_COPY_SALT", format!("'{salt}'")),
    ];
    with(&quoted).ends_with(0);
    job.write("key", format!("\u{feff}{key}\r\n"));
    let utf_16 = format!("\u{feff}{salt}\r\n");
    let utf_16: Vec<u8> = utf_16.encode_utf16().flat_map(u16::to_le_bytes).collect();
    job.write("salt", utf_16);
    let files = [
        ("ESIGN_COPY_API_KEY_FILE", "key".to_owned()),
        ("ESIGN_COPY_SALT_FILE", "salt".to_owned()),
    ];
    job.mailing("m.csv", &["a@example.com", "b@example.com"]);
    with(&files).ends_with(0);
    assert_eq!(job.received(), 2);
    let half = [
        ("ESIGN_COPY_API_KEY", format!("\"{key}")),
        ("ESIGN_COPY_SALT", salt.to_owned()),
    ];
    let ran = with(&half).ends_with(2).says("quotation mark");
    assert!(!ran.stderr.contains(key), "{}", ran.stderr);
    // The key where the name of its file belongs.
    let misplaced = [
        ("ESIGN_COPY_API_KEY_FILE", key.to_owned()),
        ("ESIGN_COPY_SALT", salt.to_owned()),
    ];
    let ran = with(&misplaced)
        .ends_with(2)
        .says("ESIGN_COPY_API_KEY_FILE");
    assert!(!ran.stderr.contains(key), "{}", ran.stderr);
}

/// A certificate of nobody's; its key is gone.
const CERTIFICATE: &str = "\
-----BEGIN CERTIFICATE-----
MIIBjDCCATGgAwIBAgIUFP+mhBbGnU0MGKm2z++M0UWdnxswCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPZXNpZ24tY29weSB0ZXN0MCAXDTI2MTEyODAyNTI0NloYDzIx
MjYxMTA0MDI1MjQ2WjAaMRgwFgYDVQQDDA9lc2lnbi1jb3B5IHRlc3QwWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAAT2UzKLWNcLalOySyTsHFQEBR/eOQZyJTfYESJG
D1bh1elVYZw7gdSyEl+6Rvf7OLBbdhZvSU2kJMB8KTZCu5F1o1MwUTAdBgNVHQ4E
FgQUMQSadeNBCqTZX/romvAthRgFdOwwHwYDVR0jBBgwFoAUMQSadeNBCqTZX/ro
mvAthRgFdOwwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEAqXsr
T/TcQoAysugnycSCxELhxf0Z03+Lf4QC/D6g/O4CIQC9whDky+4q10gIRgxxydid
YKjWPbVkNr8n2rk6+t15xQ==
-----END CERTIFICATE-----
";

/// Without its first line, the only certificate in the file would be none.
#[test]
fn a_file_of_certificates_may_begin_with_a_byte_order_mark() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    let marked = format!("\u{feff}{}", CERTIFICATE.replace('\n', "\r\n"));
    let utf_16: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
    job.write("plain.pem", CERTIFICATE);
    job.write("marked.pem", &marked);
    job.write("utf-16.pem", utf_16);
    for name in ["plain.pem", "marked.pem", "utf-16.pem"] {
        job.run("m.csv", &["--ca-file", name]).ends_with(0);
    }
    job.write("none.pem", "\u{feff}no certificate");
    job.run("m.csv", &["--ca-file", "none.pem"])
        .ends_with(2)
        .says("no PEM certificate");
}

/// A run whose key is in the file that the variable names.
fn with_key_file(job: &Job, file: &str, more: &[&str]) -> Ran {
    let mut command = job.sending("run", "m.csv", more);
    command.env_remove("ESIGN_COPY_API_KEY");
    command.env("ESIGN_COPY_API_KEY_FILE", file);
    command.output().unwrap().into()
}

/// A pipe would be waited for, a device has no end, and the key itself is no path to be shown.
#[test]
fn a_file_of_a_secret_is_a_small_regular_one() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    let made = Command::new("mkfifo").arg(job.path("pipe")).status();
    assert!(made.unwrap().success());
    for file in ["pipe", "/dev/zero", "."] {
        with_key_file(&job, file, &[])
            .ends_with(2)
            .says("ESIGN_COPY_API_KEY_FILE: it does not name a regular file");
    }
    job.write("large", "k".repeat(64 * 1024 + 1));
    with_key_file(&job, "large", &[])
        .ends_with(2)
        .says("64 KiB");
    let key = job.sandbox.api_key().to_owned();
    let ran = with_key_file(&job, &key, &[]).ends_with(2);
    assert!(!ran.stderr.contains(&key), "{}", ran.stderr);
    assert_eq!(job.received(), 0);
}

#[test]
fn a_file_that_everybody_can_read_is_warned_of() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    job.write("key", job.sandbox.api_key());
    let warning =
        "everybody on this machine can read or change the file that ESIGN_COPY_API_KEY_FILE names";
    for (mode, is_warned) in [(0o644, true), (0o640, false), (0o600, false)] {
        let rights = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(job.path("key"), rights).unwrap();
        let ran = with_key_file(&job, "key", &[]).ends_with(0);
        assert_eq!(ran.stderr.contains(warning), is_warned, "{}", ran.stderr);
        let quiet = with_key_file(&job, "key", &["-q"]).ends_with(0);
        assert_eq!(quiet.stderr, "");
    }
}
