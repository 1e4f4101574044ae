//! Debian's logrotate and a plain file: by renaming and SIGHUP nothing is lost; after
//! copytruncate the file goes on at its beginning.

#![cfg(unix)]
#![forbid(unsafe_code)]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use kakashi_tests::harness::process::{TestFolder, read, spawn};
use kakashi_tests::harness::read_back::{assert_each_once_in_order, text};

const CHILD: &str = env!("CARGO_BIN_EXE_child");

struct Logging {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Logging {
    fn to(file: &Path) -> Self {
        let mut command = Command::new(CHILD);
        command.arg("logrotate").arg(file).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = spawn(&mut command);
        let (stdin, stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, stdin, stdout }
    }

    /// Has ten records written.
    fn log(&mut self) {
        let mut line = String::new();
        self.stdin.write_all(b"log\n").unwrap();
        self.stdout.read_line(&mut line).unwrap();
        assert_eq!(line, "written\n");
    }

    fn ends(mut self) {
        drop(self.stdin);
        assert!(self.child.wait().unwrap().success());
    }
}

/// Runs logrotate over a file, by a configuration of its own.
fn rotate(folder: &TestFolder, lines: &str) {
    let (config, state) = (folder.file("logrotate.conf"), folder.file("logrotate.state"));
    // It runs no file that others may write, nor in a folder that they may.
    let su = if fs::metadata(folder.file("")).unwrap().uid() == 0 { "su root root\n" } else { "" };
    fs::write(
        &config,
        format!("{} {{\n{su}rotate 9\nmissingok\n{lines}\n}}\n", folder.file("shop.log").display()),
    )
    .unwrap();
    let done = Command::new("logrotate").args(["--force", "--state"]).arg(state).arg(config).output();
    let done = done.expect("logrotate is installed: tests/run logrotate does that");
    assert!(done.status.success() && done.stderr.is_empty(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn logrotate_by_renaming_and_sighup_loses_nothing() {
    let folder = TestFolder::new();
    let mut logging = Logging::to(&folder.file("shop.log"));
    for _ in 0..5 {
        logging.log();
        rotate(
            &folder,
            &format!("compress\ndelaycompress\npostrotate\nkill -HUP {}\nendscript", logging.child.id()),
        );
    }
    logging.log();
    logging.ends();
    let mut all = Vec::new();
    for at in (2..=5).rev() {
        let packed = folder.file(&format!("shop.log.{at}.gz"));
        let unpacked = Command::new("gzip").arg("-dc").arg(packed).output().unwrap();
        assert!(unpacked.status.success(), "{unpacked:?}");
        all.extend(unpacked.stdout);
    }
    all.extend(read(folder.file("shop.log.1")));
    all.extend(read(folder.file("shop.log")));
    assert_each_once_in_order(&text(&all), 1, 60);
}

#[test]
fn after_copytruncate_the_file_goes_on_at_its_beginning_without_a_hole() {
    let folder = TestFolder::new();
    let file = folder.file("shop.log");
    let mut logging = Logging::to(&file);
    let mut all = Vec::new();
    for _ in 0..5 {
        logging.log();
        rotate(&folder, "copytruncate");
        all.extend(read(folder.file("shop.log.1")));
        assert_eq!(fs::metadata(&file).unwrap().len(), 0);
    }
    logging.log();
    logging.ends();
    let last = read(&file);
    assert!(!last.contains(&0) && fs::metadata(&file).unwrap().blocks() <= 8);
    all.extend(last);
    // Nobody wrote between the copy and the truncation.
    assert_each_once_in_order(&text(&all), 1, 60);
}
