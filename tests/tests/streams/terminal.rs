//! On a terminal each record is there when its call returns, in order with what the
//! program's own output has flushed.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::Command;
use std::sync::mpsc;
use std::thread;

use kakashi_tests::harness::process::{RunningChild, start_command};
use kakashi_tests::harness::wait::TEST_TIMEOUT;
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};

use crate::CHILD;

/// Makes a terminal: what is written to the second is read from the first.
pub(crate) fn terminal() -> (File, File) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let ours = openpt(flags).expect("a terminal");
    grantpt(&ours).and_then(|()| unlockpt(&ours)).expect("its other end can be opened");
    let theirs = ioctl_tiocgptpeer(&ours, flags).expect("its other end");
    (ours.into(), theirs.into())
}

/// Makes a child whose colours only its streams decide.
pub(crate) fn command() -> Command {
    let mut command = Command::new(CHILD);
    for name in ["NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm");
    command
}

/// A child that has a terminal as all three streams, and what it shows.
struct Session {
    child: RunningChild,
    keyboard: File,
    screen: mpsc::Receiver<Vec<u8>>,
    shown: String,
}

impl Session {
    fn start(scenario: &str) -> Self {
        let (ours, theirs) = terminal();
        let mut command = command();
        let stream = || theirs.try_clone().expect("a descriptor");
        command.args([scenario, "-"]).stdin(stream()).stdout(stream()).stderr(stream());
        let child = start_command(command);
        let keyboard = ours.try_clone().expect("a descriptor");
        let (send, screen) = mpsc::channel();
        thread::spawn(move || read_all(ours, &send));
        Self { child, keyboard, screen, shown: String::new() }
    }

    /// Reads until something is shown that holds, or to the end; returns all that was shown.
    fn shows(&mut self, holds: impl Fn(&str) -> bool) -> &str {
        while !holds(&self.shown) {
            let Ok(bytes) = self.screen.recv_timeout(TEST_TIMEOUT) else { break };
            self.shown.push_str(std::str::from_utf8(&bytes).expect("what is shown is ASCII"));
        }
        &self.shown
    }

    fn types(&mut self, line: &str) {
        self.keyboard.write_all(line.as_bytes()).expect("a terminal takes it");
    }

    /// Returns all that was shown until the child's end.
    fn ends(mut self) -> String {
        self.shows(|_| false);
        let ended = self.child.ends();
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        self.shown
    }
}

/// Reads what is written to the other end until that is closed: then reading fails.
fn read_all(mut ours: File, send: &mpsc::Sender<Vec<u8>>) {
    let mut bytes = [0; 4096];
    while let Ok(read @ 1..) = ours.read(&mut bytes) {
        if send.send(bytes[..read].to_vec()).is_err() {
            return;
        }
    }
}

#[test]
fn records_and_output_that_was_flushed_stand_in_the_programs_order() {
    for scenario in ["terminal_counts_stdout", "terminal_counts_stderr"] {
        let shown = Session::start(scenario).ends();
        let counted: Vec<u64> = shown
            .split("count ")
            .skip(1)
            .filter_map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok())
            .collect();
        assert!(counted.iter().copied().eq(0..300), "{scenario}: {counted:?}");
    }
}

#[test]
fn a_prompt_stands_behind_what_was_logged_before_it_and_is_not_overwritten() {
    for scenario in ["terminal_asks_stdout", "terminal_asks_stderr"] {
        let mut session = Session::start(scenario);
        for round in 1..=3 {
            let shown = session.shows(|shown| shown.matches("name? ").count() == round);
            assert!(shown.ends_with("name? "), "{scenario}: {shown:?}");
            assert_eq!(shown.matches("Ready").count(), round, "{scenario}: {shown:?}");
            assert_eq!(shown.matches("Hello").count(), round - 1, "{scenario}: {shown:?}");
            session.types("Ada\n");
        }
        let shown = session.ends();
        let order: Vec<_> = shown
            .split_whitespace()
            .filter(|word| ["Ready", "name?", "Ada", "Hello"].contains(word))
            .collect();
        assert_eq!(order, ["Ready", "name?", "Ada", "Hello"].repeat(3), "{scenario}: {shown:?}");
    }
}
