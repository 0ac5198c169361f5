//! TLS with a certificate that nobody vouches for.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::job::Job;
use crate::judge::judge;
use crate::truth::Truth;

/// `openssl s_server` with a certificate of its own making; it prints what it decrypts.
struct TlsServer {
    process: Child,
    port: u16,
}

impl TlsServer {
    fn start(folder: &Path) -> Self {
        let made = Command::new("openssl")
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            ])
            .args([
                "-subj",
                "/CN=localhost",
                "-addext",
                "subjectAltName=IP:127.0.0.1",
                "-addext",
                "basicConstraints=critical,CA:FALSE",
            ])
            .args(["-keyout", "key.pem", "-out", "certificate.pem"])
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let mut process = Command::new("openssl")
            .args(["s_server", "-accept", &format!("127.0.0.1:{port}")])
            .args(["-key", "key.pem", "-cert", "certificate.pem"])
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = BufReader::new(process.stdout.as_mut().unwrap());
        let mut line = String::new();
        while !line.starts_with("ACCEPT") {
            line.clear();
            assert!(told.read_line(&mut line).unwrap() > 0, "it never listened");
        }
        Self { process, port }
    }

    /// Ends it, and returns all that it said.
    fn end(mut self) -> String {
        self.process.kill().unwrap();
        let mut told = String::new();
        let stdout = self.process.stdout.as_mut().unwrap();
        stdout.read_to_string(&mut told).unwrap();
        let stderr = self.process.stderr.as_mut().unwrap();
        stderr.read_to_string(&mut told).unwrap();
        self.process.wait().unwrap();
        told
    }
}

fn has_openssl() -> bool {
    let has_it = Command::new("openssl").arg("version").output().is_ok();
    if !has_it {
        println!("skipped: there is no openssl to be the server");
    }
    has_it
}

#[test]
fn a_certificate_that_nobody_vouches_for_sends_nothing() {
    if !has_openssl() {
        return;
    }
    let job = Job::of(3);
    let server = TlsServer::start(&job.path(""));
    let endpoint = format!("https://127.0.0.1:{}/rest", server.port);
    let start = Instant::now();
    let ran = job.run_with_token(&endpoint, &[]).ends_with(&[69]);
    assert!(ran.stderr.contains("--ca-file"), "{}", ran.stderr);
    let ran = job.run(&endpoint, &[]).ends_with(&[69]);
    assert!(ran.stderr.contains("--ca-file"), "{}", ran.stderr);
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "it is not tried for long"
    );
    let told = server.end();
    assert!(told.contains("alert"), "no handshake was refused: {told}");
    assert!(!told.contains("POST "), "{told}");
    let figures = judge("a certificate of its own", &job, &Truth::default());
    assert_eq!((figures.status("pending"), figures.may_have_left()), (3, 0));
}

/// The same certificate, and a flag that vouches for it: the copy leaves, to a server that speaks
/// no HTTP.
#[test]
fn a_certificate_that_the_user_vouches_for_is_trusted() {
    if !has_openssl() {
        return;
    }
    let job = Job::of(1);
    let server = TlsServer::start(&job.path(""));
    let endpoint = format!("https://127.0.0.1:{}/rest", server.port);
    let trusting = ["--ca-file", "certificate.pem", "--timeout", "2s"];
    job.run_with_token(&endpoint, &trusting).ends_with(&[4]);
    let told = server.end();
    assert!(told.contains("POST /rest/v1/sessions/copy"), "{told}");
}
