//! A library that contains kakashi is unloaded: it stays mapped or unhooks itself, and
//! nothing of it runs where it no longer is.

#![cfg(unix)]

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use kakashi_tests::harness::process::{TestFolder, build, read, start_command};
use kakashi_tests::harness::read_back::{numbers, text};

const CHILD: &str = env!("CARGO_BIN_EXE_child");

/// Returns the library, built once in the target directory of this test.
fn library() -> &'static PathBuf {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY
        .get_or_init(|| build(env!("CARGO_TARGET_TMPDIR"), &["-p", "kakashi-tests", "--example", "plugin"]))
}

fn assert_unloads(logs: &str) {
    let folder = TestFolder::new();
    let file = folder.file("log");
    let mut command = Command::new(CHILD);
    command.arg("unload").arg(library()).env("PLUGIN_FILE", &file).env("PLUGIN_LOGS", logs);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let ended = start_command(command).ends();
    assert_eq!((ended.status.code(), ended.stdout.as_str()), (Some(0), "unloaded\nforked\n"), "{ended:?}");
    let numbers = numbers(&text(&read(&file)));
    assert_eq!(numbers.get(&0), Some(&vec![0, 1]), "{ended:?}");
}

#[test]
fn a_library_that_logged_an_error_is_unloaded_without_a_crash() {
    assert_unloads("error");
}

#[test]
fn a_library_with_a_flusher_is_unloaded_without_a_crash() {
    assert_unloads("info");
}

#[test]
fn a_library_with_a_worker_is_unloaded_without_a_crash() {
    assert_unloads("async");
}
