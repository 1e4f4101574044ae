//! Files, pipes and stdin that are read on as they grow.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;

use kakashi_tests::harness::process::TestFolder;

use crate::common::{KilledOnDrop, Live, append, kakashi, said};

#[test]
fn a_file_is_followed_block_by_block_as_it_grows() {
    let folder = TestFolder::new();
    let path = folder.file("shop.klog");
    let [one, two, three] = ["One", "Two", "Three"].map(said);
    append(&path, &[&one.0[..], &two.0[..9]].concat());
    let live = Live::decode(&["--follow", path.to_str().unwrap()]);
    assert_eq!(live.line(), one.1);
    append(&path, &two.0[9..30]);
    append(&path, &[&two.0[30..], &three.0[..3]].concat());
    assert_eq!(live.line(), two.1);
    append(&path, &three.0[3..]);
    assert_eq!(live.line(), three.1);
    // What is not whole yet is no damage.
    append(&path, &one.0[..20]);
    live.interrupt();
}

#[test]
fn several_files_are_read_and_the_last_is_followed() {
    let folder = TestFolder::new();
    let [old, new] = ["shop.klog.1", "shop.klog"].map(|name| folder.file(name));
    let [one, two, three] = ["One", "Two", "Three"].map(said);
    append(&old, &one.0);
    append(&new, &two.0);
    let live = Live::decode(&["-f", old.to_str().unwrap(), new.to_str().unwrap()]);
    assert_eq!([live.line(), live.line()], [one.1, two.1]);
    append(&new, &three.0);
    assert_eq!(live.line(), three.1);
    live.signal("TERM");
    assert_eq!(live.ends().signal(), Some(15));
}

#[test]
fn a_rotated_file_is_read_to_its_end_and_then_the_new_one() {
    let folder = TestFolder::new();
    let [path, old] = ["shop.klog", "shop.klog.1"].map(|name| folder.file(name));
    let [one, two, three, four] = ["One", "Two", "Three", "Four"].map(said);
    append(&path, &one.0);
    let live = Live::decode(&["--follow", path.to_str().unwrap()]);
    assert_eq!(live.line(), one.1);
    fs::rename(&path, &old).unwrap();
    let name = path.display();
    assert_eq!(live.stderr_line(), format!("kakashi: {name}: is gone; waiting until it is back"));
    // The program has not noticed yet.
    append(&old, &two.0);
    assert_eq!(live.line(), two.1);
    append(&path, b"");
    append(&old, &three.0);
    assert_eq!(live.line(), three.1);
    append(&path, &four.0);
    assert_eq!(live.line(), four.1);
    assert_eq!(
        live.stderr_line(),
        format!("kakashi: {name}: was replaced; the new file is read from its start")
    );
    live.interrupt();
}

#[test]
fn a_rotation_in_one_moment_loses_nothing_of_either_file() {
    let folder = TestFolder::new();
    let [path, next] = ["shop.klog", "next"].map(|name| folder.file(name));
    let [one, two] = ["One", "Two"].map(said);
    append(&path, &one.0);
    let live = Live::decode(&["--follow", path.to_str().unwrap()]);
    assert_eq!(live.line(), one.1);
    for _ in 0..20 {
        append(&next, &one.0);
        append(&path, &two.0);
        fs::rename(&next, &path).unwrap();
        assert_eq!([live.line(), live.line()], [two.1.clone(), one.1.clone()]);
        assert!(live.stderr_line().ends_with("was replaced; the new file is read from its start"));
    }
    live.interrupt();
}

#[test]
fn a_truncated_file_is_read_again_from_its_start() {
    let folder = TestFolder::new();
    let path = folder.file("shop.klog");
    let [one, two] = ["One", "Two"].map(said);
    append(&path, &[&one.0[..], &one.0, &one.0[..7]].concat());
    let live = Live::decode(&["--follow", path.to_str().unwrap()]);
    assert_eq!([live.line(), live.line()], [one.1.clone(), one.1]);
    File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
    append(&path, &two.0);
    assert_eq!(live.line(), two.1);
    let (name, offset) = (path.display(), 2 * one.0.len());
    assert_eq!(
        live.stderr_line(),
        format!("kakashi: {name}: 7 damaged bytes at offset {offset} were passed over")
    );
    assert_eq!(
        live.stderr_line(),
        format!("kakashi: {name}: was truncated; it is read again from its start")
    );
    live.interrupt();
}

#[test]
fn a_file_that_does_not_exist_yet_is_waited_for() {
    let folder = TestFolder::new();
    let path = folder.file("shop.klog");
    let live = Live::decode(&["--follow", path.to_str().unwrap()]);
    let name = path.display();
    assert_eq!(live.stderr_line(), format!("kakashi: {name}: does not exist yet; waiting for it"));
    append(&path, &said("One").0);
    assert_eq!(live.line(), said("One").1);
    live.interrupt();
}

#[test]
fn damage_does_not_hold_up_what_is_followed() {
    let folder = TestFolder::new();
    let path = folder.file("shop.klog");
    let [one, two, three] = ["One", "Two", "Three"].map(said);
    append(&path, &one.0);
    let live = Live::decode(&["--follow", path.to_str().unwrap()]);
    assert_eq!(live.line(), one.1);
    let mut torn = two.0.clone();
    // It says that it is 200 MB long.
    torn[9] = 0x0c;
    append(&path, &[&torn[..], &two.0, b"noise"].concat());
    assert_eq!(live.line(), two.1);
    let report = |bytes: usize, offset: usize| {
        format!("kakashi: {}: {bytes} damaged bytes at offset {offset} were passed over", path.display())
    };
    let offset = one.0.len();
    assert_eq!(live.stderr_line(), report(torn.len(), offset));
    // Nothing more has come.
    assert_eq!(live.stderr_line(), report(5, offset + torn.len() + two.0.len()));
    append(&path, &three.0);
    assert_eq!(live.line(), three.1);
    live.interrupt();
}

#[test]
fn stdin_is_followed_to_its_end() {
    let [one, two] = ["One", "Two"].map(said);
    let mut live = Live::decode(&["--follow"]);
    let mut stdin = live.process.0.stdin.take().unwrap();
    stdin.write_all(&[&one.0[..], &two.0[..5]].concat()).unwrap();
    assert_eq!(live.line(), one.1);
    stdin.write_all(&two.0[5..]).unwrap();
    assert_eq!(live.line(), two.1);
    drop(stdin);
    assert_eq!(live.ends().code(), Some(0));
}

#[test]
fn a_file_on_stdin_is_followed_as_it_grows() {
    let folder = TestFolder::new();
    let path = folder.file("shop.klog");
    let [one, two] = ["One", "Two"].map(said);
    append(&path, &one.0);
    let mut command = kakashi(["decode", "-f"]);
    command.stdin(File::open(&path).unwrap());
    let live = Live::start(command);
    assert_eq!(live.line(), one.1);
    append(&path, &two.0);
    assert_eq!(live.line(), two.1);
    live.interrupt();
}

#[test]
fn a_named_pipe_is_followed_from_writer_to_writer() {
    let folder = TestFolder::new();
    let path = folder.file("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let live = Live::decode(&["--follow", path.to_str().unwrap()]);
    for message in ["One", "Two"] {
        append(&path, &said(message).0);
        assert_eq!(live.line(), said(message).1);
        let name = path.display();
        assert_eq!(
            live.stderr_line(),
            format!("kakashi: {name}: its writer has closed it; waiting for the next")
        );
    }
    live.interrupt();
}

#[test]
fn a_named_pipe_that_is_replaced_is_read_to_its_end_and_then_the_file() {
    let folder = TestFolder::new();
    let [path, next] = ["pipe", "next"].map(|name| folder.file(name));
    let name = path.display();
    let [one, two, three] = ["One", "Two", "Three"].map(said);
    let make_pipe = || assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let replaced = format!("kakashi: {name}: was replaced; the new file is read from its start");
    let closed = format!("kakashi: {name}: its writer has closed it; waiting for the next");
    for is_written in [true, false] {
        make_pipe();
        let live = Live::decode(&["--follow", path.to_str().unwrap()]);
        if is_written {
            append(&path, &one.0);
            assert_eq!(live.line(), one.1);
            assert_eq!(live.stderr_line(), closed);
        } else {
            // It is open when a writer can open it.
            drop(File::options().write(true).open(&path).unwrap());
        }
        append(&next, &two.0);
        fs::rename(&next, &path).unwrap();
        assert_eq!(live.line(), two.1);
        assert_eq!(live.stderr_line(), replaced);
        append(&path, &three.0);
        assert_eq!(live.line(), three.1);
        // And back, as a socket or another kind of file may be.
        fs::remove_file(&path).unwrap();
        assert_eq!(live.stderr_line(), format!("kakashi: {name}: is gone; waiting until it is back"));
        make_pipe();
        append(&path, &one.0);
        assert_eq!(live.line(), one.1);
        assert_eq!(live.stderr_line(), replaced);
        assert_eq!(live.stderr_line(), closed);
        live.interrupt();
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn what_a_writer_of_a_replaced_pipe_still_writes_is_read_first() {
    let folder = TestFolder::new();
    let [path, next] = ["pipe", "next"].map(|name| folder.file(name));
    let [one, two, three] = ["One", "Two", "Three"].map(said);
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let live = Live::decode(&["--follow", path.to_str().unwrap()]);
    let mut writer = File::options().write(true).open(&path).unwrap();
    writer.write_all(&one.0).unwrap();
    assert_eq!(live.line(), one.1);
    append(&next, &three.0);
    fs::rename(&next, &path).unwrap();
    writer.write_all(&two.0).unwrap();
    assert_eq!(live.line(), two.1);
    drop(writer);
    assert_eq!(live.line(), three.1);
    let name = path.display();
    assert_eq!(
        live.stderr_line(),
        format!("kakashi: {name}: its writer has closed it; waiting for the next")
    );
    assert_eq!(
        live.stderr_line(),
        format!("kakashi: {name}: was replaced; the new file is read from its start")
    );
    live.interrupt();
}

#[test]
fn a_reader_that_went_away_ends_it_although_nothing_more_comes() {
    let folder = TestFolder::new();
    let path = folder.file("shop.klog");
    append(&path, &said("One").0);
    for source in [&["--follow", path.to_str().unwrap()][..], &["--follow"], &[]] {
        let mut command = kakashi([&["decode"], source].concat());
        let (reader, writer) = std::io::pipe().unwrap();
        command.stdout(writer);
        let mut process = KilledOnDrop::start(command);
        let mut stdin = process.0.stdin.take().unwrap();
        stdin.write_all(&said("One").0).unwrap();
        let mut reader = BufReader::new(reader);
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        assert_eq!(line, said("One").1 + "\n");
        drop(reader);
        assert_eq!(process.ends().code(), Some(0), "{source:?}");
    }
}
