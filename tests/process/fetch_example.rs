//! `examples/fetch.rs`, run as a process.

use std::env;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Command, Output};

/// The example beside this test: cargo builds the examples before it runs integration tests.
fn fetch(args: &[&str]) -> Output {
    let test = env::current_exe().expect("this test has a path");
    // <target>/<profile>/deps/process-<hash>
    let profile = test.ancestors().nth(2).expect("it lies in <profile>/deps");
    let mut example: PathBuf = profile.join("examples").join("fetch");
    example.set_extension(env::consts::EXE_EXTENSION);
    assert!(
        example.is_file(),
        "{} is missing: `cargo test` builds it, `cargo test --test ..` alone does not",
        example.display()
    );
    let output = Command::new(&example).args(args).output();
    output.unwrap_or_else(|error| panic!("cannot run {}: {error}", example.display()))
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("the output is UTF-8")
}

/// A line's parts: OK or ERROR, the URL's path, and what follows. The port differs in each run.
fn parts(line: &str) -> (&str, &str, &str) {
    let (verdict, rest) = line.split_once("  http://127.0.0.1:").expect(line);
    let (url, detail) = rest.split_once(": ").expect(line);
    (
        verdict.trim_end(),
        url.trim_start_matches(|c: char| c.is_ascii_digit()),
        detail,
    )
}

/// A URL that refuses connections: its port was free a moment ago.
fn refused() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback works");
    format!("http://{}/", listener.local_addr().expect("it is bound"))
}

#[test]
fn the_demonstration_prints_every_outcome_in_input_order() {
    let output = fetch(&[]);
    let lines: Vec<&str> = text(&output.stdout).lines().collect();
    let [users, orders, prices, counts] = lines[..] else {
        panic!("four lines: {lines:#?}")
    };
    assert_eq!(parts(users), ("OK", "/users", "19 bytes"));
    let reason = "status 503 Service Unavailable: database down";
    assert_eq!(parts(orders), ("ERROR", "/orders", reason));
    assert_eq!(parts(prices), ("OK", "/prices", "17 bytes"));
    assert!(counts.starts_with("2 OK, 1 failed, in "), "{counts}");
    assert!(!text(&output.stdout).contains(['\x1b', '\r']), "{output:?}");
    assert_eq!(
        text(&output.stderr),
        "",
        "no bar where there is no terminal"
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_failed_url_is_an_error_in_its_line_and_in_the_exit_status() {
    let refused = refused();
    let output = fetch(&[
        &refused,
        "not a url",
        "ftp://127.0.0.1/",
        "http://127.0.0.1:99999/",
    ]);
    let lines: Vec<&str> = text(&output.stdout).lines().collect();
    // What follows is the system's message.
    let reason = format!("ERROR  {refused}: cannot connect: ");
    assert!(lines[0].starts_with(&reason), "{lines:#?}");
    let expected = [
        "ERROR  not a url: bad URL: invalid uri character",
        "ERROR  ftp://127.0.0.1/: bad URL: not http://",
        "ERROR  http://127.0.0.1:99999/: bad URL: its host or port",
    ];
    assert_eq!(lines[1..lines.len() - 1], expected);
    assert!(lines[4].starts_with("0 OK, 4 failed, in "), "{lines:#?}");
    assert_eq!(text(&output.stderr), "");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn fail_fast_names_the_url_that_failed() {
    let output = fetch(&["--fail-fast"]);
    let lines: Vec<&str> = text(&output.stdout).lines().collect();
    let [orders, counts] = lines[..] else {
        panic!("two lines: {lines:#?}")
    };
    let reason = "status 503 Service Unavailable: database down";
    assert_eq!(parts(orders), ("ERROR", "/orders", reason));
    assert!(counts.starts_with("1 failed, 2 dropped, in "), "{counts}");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn fail_fast_with_urls_names_the_one_that_failed_first() {
    // A server that never answers.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback works");
    let silent = format!("http://{}/", listener.local_addr().expect("it is bound"));
    let output = fetch(&[&silent, "not a url", "--fail-fast"]);
    let lines: Vec<&str> = text(&output.stdout).lines().collect();
    assert_eq!(lines[0], "ERROR  not a url: bad URL: invalid uri character");
    assert!(
        lines[1].starts_with("1 failed, 1 dropped, in "),
        "{lines:#?}"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn an_unknown_option_is_bad_usage() {
    let output = fetch(&["--nope", "not a url"]);
    let stderr = text(&output.stderr);
    assert!(
        stderr.starts_with("fetch: no option --nope\n\nUsage: fetch "),
        "{stderr}"
    );
    assert_eq!(text(&output.stdout), "");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn help_goes_to_stdout() {
    let output = fetch(&["--help"]);
    assert!(
        text(&output.stdout).starts_with("Usage: fetch "),
        "{output:?}"
    );
    assert_eq!(text(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}
