//! Ctrl-C and SIGTERM: all that was read is shown, then the signal ends the command.

use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
#[cfg(target_os = "linux")]
use std::process::{Command, Stdio};

use kakashi_tests::harness::process::TestFolder;
use kakashi_tests::harness::wait::{eventually, in_time};

#[cfg(target_os = "linux")]
use crate::common::binary;
use crate::common::{KilledOnDrop, Live, append, kakashi, said};

#[test]
fn ctrl_c_ends_it_before_the_next_file() {
    let mut live = Live::decode(&["-", "/there/is/none"]);
    let mut stdin = live.process.0.stdin.take().unwrap();
    let (one, line) = said("One");
    stdin.write_all(&one).unwrap();
    assert_eq!(live.line(), line);
    live.interrupt();
}

#[test]
fn ctrl_c_ends_it_after_all_that_it_had_read() {
    let (block, line) = said("One");
    let folder = TestFolder::new();
    let path = folder.file("shop.klog");
    append(&path, &block.repeat(10_000));
    for (name, number) in [("TERM", 15), ("INT", 2)] {
        let mut process =
            KilledOnDrop::start(kakashi(["decode".as_ref(), "--follow".as_ref(), path.as_os_str()]));
        let mut stdout = process.0.stdout.take().unwrap();
        // It has read 128 KiB, and waits: a pipe holds less than the lines of these.
        let mut lines = vec![0; 1];
        stdout.read_exact(&mut lines).unwrap();
        process.signal(name);
        let lines = in_time(move || {
            stdout.read_to_end(&mut lines).unwrap();
            String::from_utf8(lines).unwrap()
        });
        assert_eq!(process.ends().signal(), Some(number));
        assert!(lines == (line.clone() + "\n").repeat((128 << 10) / block.len()), "{}", lines.len());
    }
}

#[test]
fn a_second_ctrl_c_does_not_wait_for_a_stuck_reader() {
    let folder = TestFolder::new();
    let path = folder.file("shop.klog");
    append(&path, &said("One").0.repeat(10_000));
    let mut process = KilledOnDrop::start(kakashi(["decode".as_ref(), path.as_os_str()]));
    let mut stdout = process.0.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 1]).unwrap();
    let mut status = None;
    // It is not known when the first has been seen to.
    assert!(eventually(|| {
        process.signal("INT");
        status = process.0.try_wait().unwrap();
        status.is_some()
    }));
    assert_eq!(status.unwrap().signal(), Some(2));
}

#[test]
#[cfg(target_os = "linux")]
fn ctrl_c_does_not_end_what_a_shell_has_put_into_the_background() {
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' INT; exec \"$0\" decode --follow"]).arg(binary());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut live = Live::start(command);
    let mut stdin = live.process.0.stdin.take().unwrap();
    let (one, line) = said("One");
    stdin.write_all(&one).unwrap();
    assert_eq!(live.line(), line);
    live.signal("INT");
    stdin.write_all(&one).unwrap();
    assert_eq!(live.line(), line);
    live.signal("TERM");
    assert_eq!(live.ends().signal(), Some(15));
}
