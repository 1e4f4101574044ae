//! Each stream has the form and the colours that fit it.

#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::Read as _;
use std::process::Stdio;

use kakashi_tests::harness::process::{TestFolder, read, start_command};

use crate::terminal::{command, terminal};

/// Which of a child's streams is a terminal; the other is a file.
#[derive(Clone, Copy, Debug)]
enum Terminal {
    Stdout,
    Stderr,
}

/// What a child wrote to its terminal, to the stream that is a file, and to a file of its own.
fn shown(scenario: &str, terminal_is: Terminal, environment: &[(&str, &str)]) -> [String; 3] {
    let folder = TestFolder::new();
    let (own, redirected) = (folder.file("own"), folder.file("redirected"));
    let (mut ours, theirs) = terminal();
    let mut command = command();
    command.envs(environment.iter().copied()).arg(scenario).arg(&own).stdin(Stdio::null());
    let file = File::create(&redirected).expect("a file");
    match terminal_is {
        Terminal::Stdout => command.stdout(theirs).stderr(file),
        Terminal::Stderr => command.stdout(file).stderr(theirs),
    };
    let child = start_command(command);
    assert_eq!(child.ends().status.code(), Some(0));
    // The other end is closed: after what it wrote, reading fails.
    let mut on_terminal = Vec::new();
    let _ = ours.read_to_end(&mut on_terminal);
    [on_terminal, read(redirected), read(own)].map(|bytes| String::from_utf8(bytes).expect("text"))
}

#[test]
fn colours_are_decided_for_each_stream_by_that_stream() {
    // Whether a terminal, a redirected stream and a file have colours.
    for (environment, expected) in [
        (&[][..], [true, false, false]),
        (&[("NO_COLOR", "1")], [false, false, false]),
        (&[("TERM", "dumb")], [false, false, false]),
        (&[("FORCE_COLOR", "1"), ("TERM", "dumb")], [true, true, false]),
        (&[("CLICOLOR_FORCE", "1")], [true, true, false]),
        (&[("FORCE_COLOR", "0")], [false, false, false]),
        (&[("NO_COLOR", "1"), ("FORCE_COLOR", "1")], [false, false, false]),
    ] {
        for terminal_is in [Terminal::Stdout, Terminal::Stderr] {
            let shown = shown("colours", terminal_is, environment);
            let place = format!("{terminal_is:?} {environment:?} {shown:?}");
            assert!(shown.iter().all(|shown| shown.contains("Counted")), "{place}");
            assert_eq!(shown.each_ref().map(|shown| shown.contains('\u{1b}')), expected, "{place}");
        }
    }
}

#[test]
fn the_form_is_decided_for_each_stream_by_that_stream() {
    for terminal_is in [Terminal::Stdout, Terminal::Stderr] {
        let [terminal, file, _] = shown("form", terminal_is, &[]);
        assert!(terminal.contains('\u{1b}') && !terminal.contains("Z INFO "), "{terminal_is:?} {terminal}");
        assert!(!file.contains('\u{1b}') && file.contains("Z INFO child Counted"), "{terminal_is:?} {file}");
        let [terminal, file, _] = shown("form", terminal_is, &[("TERM", "dumb"), ("FORCE_COLOR", "")]);
        assert!(!terminal.contains('\u{1b}') && !terminal.contains("Z INFO "), "{terminal_is:?} {terminal}");
        assert!(file.contains("Z INFO child Counted"), "{terminal_is:?} {file}");
    }
}

#[test]
fn the_form_is_decided_again_when_a_stream_is_redirected() {
    let [terminal, _, file] = shown("leave_terminal", Terminal::Stdout, &[]);
    assert!(terminal.contains('\u{1b}'), "{terminal}");
    let last = file.lines().last().unwrap();
    assert!(!last.contains('\u{1b}') && last.contains("Z INFO child Counted"), "{file}");
}
