//! Several processes and one path.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use kakashi_std::sinks::{RotatingFile, RotatingFileError};
use kakashi_tests::harness::process::{TestFolder, run, spawn, start};
use kakashi_tests::harness::read_back::{assert_each_once_in_order, numbers, text};

use kakashi_tests::harness::rotated_files::{contents, names};

use crate::{CHILD, write};

#[test]
fn a_second_process_is_told_who_writes_the_files() {
    let folder = TestFolder::new();
    let path = folder.file("shop.log");
    let mut command = Command::new(CHILD);
    command.arg("rotation_hold").arg(&path).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = spawn(&mut command);
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    let error = RotatingFile::new(&path).open().unwrap_err();
    assert!(
        matches!(&error, RotatingFileError::InUse { process: Some(id), .. } if *id == child.id()),
        "{error:?}"
    );
    assert!(error.to_string().ends_with("choose another path, or pid_in_names() to give each its own files"));
    // Its end, however it comes, gives them back.
    child.kill().unwrap();
    child.wait().unwrap();
    write(&mut RotatingFile::new(&path).open().unwrap(), &["goes on\n"]);
    assert_eq!(contents(&folder.file("")).len(), 1);
}

#[test]
fn processes_with_their_ids_in_the_names_have_files_of_their_own() {
    let folder = TestFolder::new();
    let children: Vec<_> = (0..3)
        .map(|_| start(CHILD, ["rotation_pid".as_ref(), folder.file("shop.log").as_os_str()]))
        .collect();
    for child in children {
        let id = u64::from(child.child.id());
        assert_eq!(child.ends().status.code(), Some(0));
        let own: Vec<_> = names(&folder.file(""))
            .into_iter()
            .filter(|name| name.ends_with(&format!("-{id}.log")))
            .collect();
        assert!(own.len() > 1, "{own:?}");
        let lines: Vec<u8> = own.iter().flat_map(|name| std::fs::read(folder.file(name)).unwrap()).collect();
        let found: BTreeMap<_, _> = numbers(&text(&lines));
        assert_eq!(found, BTreeMap::from([(id, (0..200).collect::<Vec<_>>())]));
    }
    // Who comes next has them count as its own.
    let files = RotatingFile::new(folder.file("shop.log")).keep_files(1);
    let _sink = files.open().unwrap();
    let is_alone = kakashi_tests::harness::wait::eventually(|| names(&folder.file("")).len() == 2);
    assert!(is_alone, "{:?}", names(&folder.file("")));
}

#[test]
fn the_child_of_a_fork_has_files_of_its_own_and_all_records_are_there() {
    let folder = TestFolder::new();
    let ended = run(CHILD, ["rotation_fork".as_ref(), folder.file("shop.log").as_os_str()]);
    assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(0), ""));
    let (own, parents): (Vec<_>, Vec<_>) = names(&folder.file(""))
        .into_iter()
        .partition(|name| name.contains('-') && name.matches('-').count() == 5);
    assert!(!own.is_empty() && !parents.is_empty(), "{own:?} {parents:?}");
    let all = contents(&folder.file("")).concat();
    assert_each_once_in_order(&text(&all), 3, 500);
}

#[test]
fn a_child_that_does_not_log_does_not_hold_the_files_when_its_parent_has_ended() {
    let folder = TestFolder::new();
    let path = folder.file("shop.log");
    let mut command = Command::new(CHILD);
    command.arg("rotation_fork_and_stay").arg(&path).stdin(Stdio::piped());
    let mut parent = spawn(&mut command);
    let mut grandchild = parent.stdin.take().unwrap();
    assert!(parent.wait().unwrap().success());
    let opened = RotatingFile::new(&path).open();
    assert!(opened.is_ok(), "{opened:?}");
    grandchild.write_all(b"end\n").unwrap();
}

#[test]
fn a_path_can_be_opened_again_while_the_process_starts_others() {
    let folder = TestFolder::new();
    let files = RotatingFile::new(folder.file("shop.log"));
    std::thread::scope(|scope| {
        let starts = scope.spawn(|| {
            for _ in 0..100 {
                assert!(spawn(&mut Command::new("true")).wait().unwrap().success());
            }
        });
        while !starts.is_finished() {
            let opened = files.clone().open();
            assert!(opened.is_ok(), "{opened:?}");
        }
    });
}
