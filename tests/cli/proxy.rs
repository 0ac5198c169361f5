//! A proxy sees what goes through it: only a real, encrypted endpoint may have one.

use std::io::{ErrorKind, Read};
use std::net::{TcpListener, TcpStream};

use crate::kit::{Job, Ran, wait_until};

fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    (listener, proxy)
}

/// Who has called, if anybody.
fn caller(listener: &TcpListener) -> Option<TcpStream> {
    match listener.accept() {
        Ok((stream, _)) => Some(stream),
        Err(error) if error.kind() == ErrorKind::WouldBlock => None,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn neither_a_rehearsal_nor_an_open_endpoint_goes_through_a_proxy() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    let (listener, proxy) = listener();
    let run = |endpoint: &str, flags: &[&str], variable: Option<&str>| -> Ran {
        let run = ["run", "m.csv", "--rate", "max", "--endpoint", endpoint];
        let mut command = job.command(&[&run[..], flags].concat());
        command.envs(variable.map(|proxy| ("ESIGN_COPY_PROXY", proxy)));
        command.output().unwrap().into()
    };
    run("sandbox", &[], Some(&proxy)).ends_with(0);
    run("sandbox", &["--proxy", &proxy], None).ends_with(0);
    let open = job.sandbox.base_url();
    let by_name = open.replace("127.0.0.1", "localhost");
    for endpoint in [&open, &by_name] {
        for (flags, variable) in [
            (&["--proxy", proxy.as_str()][..], None),
            (&[], Some(proxy.as_str())),
        ] {
            run(endpoint, flags, variable)
                .ends_with(2)
                .says("with an http:// endpoint");
        }
    }
    let check = [
        "check",
        "m.csv",
        "--online",
        "--endpoint",
        &open,
        "--proxy",
        &proxy,
    ];
    job.other(&check)
        .ends_with(2)
        .says("with an http:// endpoint");
    assert!(caller(&listener).is_none());
    assert_eq!(job.received(), 0);
}

#[test]
fn a_secret_of_a_proxy_stands_in_no_command_line() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    for user in ["SECRET", "user:SECRET", ":SECRET"] {
        let proxy = format!("http://{user}@127.0.0.1:9");
        let run = [
            "run",
            "m.csv",
            "--endpoint",
            "https://127.0.0.1:9/rest",
            "--proxy",
            &proxy,
        ];
        let ran = job.other(&run).ends_with(2).says("ESIGN_COPY_PROXY");
        assert!(!ran.stderr.contains("SECRET"), "{}", ran.stderr);
    }
}

#[test]
fn an_encrypted_endpoint_is_reached_through_the_proxy_that_was_said() {
    let job = Job::new();
    job.mailing("m.csv", &["a@example.com"]);
    let (listener, proxy) = listener();
    let run = [
        "run",
        "m.csv",
        "--endpoint",
        "https://esign.example.com/rest",
        "--proxy",
        &proxy,
    ];
    let mut child = job.command(&run).spawn().unwrap();
    let mut called = None;
    wait_until("the proxy is not called", || {
        called = called.take().or_else(|| caller(&listener));
        called.is_some()
    });
    let mut start = [0; 8];
    let mut called = called.unwrap();
    called.set_nonblocking(false).unwrap();
    called.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"CONNECT ");
    child.kill().unwrap();
    child.wait().unwrap();
}
