//! Each stream has the form and the colours that fit it.

#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::Read as _;
use std::process::{Command, Stdio};

use kakashi_tests::harness::process::{TestFolder, read, start_command};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};

use crate::CHILD;

/// A terminal: what is written to the second is read from the first.
fn terminal() -> (File, File) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let ours = openpt(flags).expect("a terminal");
    grantpt(&ours).and_then(|()| unlockpt(&ours)).expect("its other end can be opened");
    let theirs = ioctl_tiocgptpeer(&ours, flags).expect("its other end");
    (ours.into(), theirs.into())
}

/// What a child wrote to a terminal as stdout, to a file as stderr, and to a file of its own.
fn shown(scenario: &str, environment: &[(&str, &str)]) -> [String; 3] {
    let folder = TestFolder::new();
    let (own, redirected) = (folder.file("own"), folder.file("stderr"));
    let (mut ours, theirs) = terminal();
    let mut command = Command::new(CHILD);
    for name in ["NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm").envs(environment.iter().copied());
    command.arg(scenario).arg(&own).stdin(Stdio::null()).stdout(theirs);
    command.stderr(File::create(&redirected).unwrap());
    let child = start_command(command);
    assert_eq!(child.ends().status.code(), Some(0));
    // The other end is closed: after what it wrote, reading fails.
    let mut on_terminal = Vec::new();
    let _ = ours.read_to_end(&mut on_terminal);
    [on_terminal, read(redirected), read(own)].map(|bytes| String::from_utf8(bytes).unwrap())
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
        let shown = shown("colours", environment);
        assert!(shown.iter().all(|shown| shown.contains("Counted")), "{environment:?} {shown:?}");
        assert_eq!(
            shown.each_ref().map(|shown| shown.contains('\u{1b}')),
            expected,
            "{environment:?} {shown:?}"
        );
    }
}

#[test]
fn the_form_is_decided_for_each_stream_by_that_stream() {
    let [terminal, file, _] = shown("form", &[]);
    assert!(terminal.contains('\u{1b}') && !terminal.contains("Z INFO "), "{terminal}");
    assert!(!file.contains('\u{1b}') && file.contains("Z INFO child Counted"), "{file}");
    let [terminal, file, _] = shown("form", &[("TERM", "dumb"), ("FORCE_COLOR", "")]);
    assert!(!terminal.contains('\u{1b}') && !terminal.contains("Z INFO "), "{terminal}");
    assert!(file.contains("Z INFO child Counted"), "{file}");
}

#[test]
fn the_form_is_decided_again_when_a_stream_is_redirected() {
    let [terminal, _, file] = shown("leave_terminal", &[]);
    assert!(terminal.contains('\u{1b}'), "{terminal}");
    let last = file.lines().last().unwrap();
    assert!(!last.contains('\u{1b}') && last.contains("Z INFO child Counted"), "{file}");
}
