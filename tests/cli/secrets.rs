//! Credentials stand in no output, no file, no message.

use crate::kit::Job;

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
