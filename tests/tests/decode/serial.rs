//! Serial lines, played by pseudo-terminals.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::Command;

use kakashi_core::{Bytes, LogLevel, Timestamp, fields};
use kakashi_tests::harness::process::TestFolder;
use kakashi_tests::harness::wait::{TEST_TIMEOUT, eventually};

use crate::common::{Live, block_of, decode};

/// The two ends of a serial line: what is written to the first is read from the
/// second, after the terminal has done to it what it is set to. And its name.
fn serial_line() -> (File, File, PathBuf) {
    use std::os::unix::ffi::OsStringExt as _;

    use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, ptsname, unlockpt};

    // Other tests' children must not inherit the line: it would never be unplugged.
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let ours = openpt(flags).expect("a terminal");
    grantpt(&ours).and_then(|()| unlockpt(&ours)).expect("its other end can be opened");
    let theirs = ioctl_tiocgptpeer(&ours, flags).expect("its other end");
    let path = ptsname(&ours, vec![]).expect("it has a name").into_bytes();
    (ours.into(), theirs.into(), std::ffi::OsString::from_vec(path).into())
}

/// What `stty` says of a line.
fn settings(line: &File) -> String {
    let stty = Command::new("stty").arg("-a").stdin(line.try_clone().unwrap()).output();
    String::from_utf8(stty.expect("there is `stty`").stdout).unwrap()
}

/// All bytes there are, as a record and its line: a terminal would end us, stop
/// or change what it shows at many of them.
fn all_bytes() -> (Vec<u8>, String) {
    let all: Vec<u8> = (0..=255).collect();
    let block = block_of(
        Timestamp::Uptime(1_500_000_000),
        LogLevel::Info,
        "board",
        "Sent",
        fields![all = Bytes(&all)],
    );
    let line = decode(&[], &block).stdout;
    assert!(line.starts_with("+1.500000s INFO board Sent all=\"\\u0000\\u0001\\u0002\\u0003"), "{line}");
    (block, line.trim_end().to_owned())
}

#[test]
fn a_serial_line_gives_every_byte_unchanged_at_its_speed() {
    let (block, expected) = all_bytes();
    for (options, speed) in
        [(&["--baud", "230400"][..], 230_400), (&["--baud", "1000000", "-f"], 1_000_000), (&[], 9600)]
    {
        let (mut ours, theirs, path) = serial_line();
        assert!(
            Command::new("stty")
                .args(["9600", "ixoff", "cstopb"])
                .stdin(theirs.try_clone().unwrap())
                .status()
                .unwrap()
                .success()
        );
        let live = Live::decode(&[&[path.to_str().unwrap()], options].concat());
        assert!(eventually(|| settings(&theirs).contains(" -icanon ")), "{}", settings(&theirs));
        let now = settings(&theirs);
        assert!(now.starts_with(&format!("speed {speed} baud;")), "{now}");
        for off in [
            "-echo", "-isig", "-ixon", "-ixoff", "-icrnl", "-opost", "-parenb", "-cstopb", "-crtscts",
            "-istrip",
        ] {
            assert!(now.split([' ', '\n']).any(|word| word == off), "{off}: {now}");
        }
        for word in ["cs8", "clocal", "cread"] {
            assert!(now.split([' ', '\n']).any(|found| found == word), "{word}: {now}");
        }
        let (half, rest) = block.split_at(block.len() / 2);
        ours.write_all(half).unwrap();
        ours.write_all(rest).unwrap();
        assert_eq!(live.line(), expected);
        // A live stream, with --follow or without: noise holds nothing up.
        let mut torn = block.clone();
        torn[9] = 0x0c;
        ours.write_all(&[&torn[..], &block].concat()).unwrap();
        assert_eq!(live.line(), expected);
        assert!(live.stderr_line().contains("damaged bytes at offset"));
        live.interrupt();
    }
}

#[test]
fn a_serial_line_ends_when_it_is_unplugged_and_is_waited_for_if_followed() {
    let (block, expected) = all_bytes();
    for options in [&[][..], &["--follow"]] {
        // A name that stays while the line behind it changes.
        let folder = TestFolder::new();
        let name = folder.file("ttyACM0");
        let (mut ours, theirs, path) = serial_line();
        std::os::unix::fs::symlink(&path, &name).unwrap();
        let live = Live::decode(&[options, &[name.to_str().unwrap()]].concat());
        assert!(eventually(|| settings(&theirs).contains(" -icanon ")));
        ours.write_all(&block).unwrap();
        assert_eq!(live.line(), expected);
        drop((ours, theirs));
        if options.is_empty() {
            assert_eq!(live.ends().code(), Some(0));
            continue;
        }
        assert!(live.stderr_line().ends_with(": is gone; waiting until it is back"));
        fs::remove_file(&name).unwrap();
        let (mut ours, theirs, path) = serial_line();
        std::os::unix::fs::symlink(&path, &name).unwrap();
        assert!(eventually(|| settings(&theirs).contains(" -icanon ")));
        ours.write_all(&block).unwrap();
        assert_eq!(live.line(), expected);
        live.signal("INT");
        // It may have been found gone, or shut, in between.
        while let Ok(report) = live.stderr.recv_timeout(TEST_TIMEOUT) {
            assert!(
                report.ends_with("waiting until it is back") || report.ends_with("trying again"),
                "{report}"
            );
        }
        assert_eq!(live.ends().signal(), Some(2));
    }
}
