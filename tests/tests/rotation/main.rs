//! Files that follow one another: each record stands in one of them, once and in order,
//! whatever happens at the switch.

#![cfg(unix)]
#![forbid(unsafe_code)]

mod closed;
mod kills;
mod processes;
mod settings;
mod switches;
mod trouble;

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use kakashi_std::{Batch, Clock, LogLevel, RecordEnd, Sink as _, Timestamp, sinks::RotatingFileSink};

const CHILD: &str = env!("CARGO_BIN_EXE_child");

/// 2026-11-30T12:00:00Z.
const NOON: i64 = 1_796_040_000;
const HOUR: i64 = 3600;

/// A clock that is set by hand, in seconds since 1970.
#[derive(Clone)]
struct HandClock(Arc<AtomicI64>);

impl HandClock {
    fn at(second: i64) -> Self {
        Self(Arc::new(AtomicI64::new(second)))
    }

    fn set(&self, second: i64) {
        self.0.store(second, Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::Wall(self.0.load(Ordering::Relaxed) * 1_000_000_000)
    }
}

/// Writes lines as one batch.
fn write(sink: &mut RotatingFileSink, lines: &[&str]) {
    let bytes = lines.concat();
    let mut end = 0;
    let ends: Vec<_> = lines
        .iter()
        .map(|line| {
            end += line.len();
            RecordEnd { end, level: LogLevel::Info }
        })
        .collect();
    sink.write(&Batch::new(bytes.as_bytes(), &ends)).expect("the file takes it");
}

/// Returns the names of a folder's visible files, sorted; links are none.
fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).expect("the folder can be read").map(|entry| entry.expect("an entry"));
    let is_file = |entry: &fs::DirEntry| entry.file_type().expect("a type").is_file();
    let mut names: Vec<_> =
        files.filter(is_file).map(|entry| entry.file_name().into_string().expect("UTF-8")).collect();
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    names
}

/// Returns the folder's files in order, decompressed; of a file that is there twice the
/// compressed form.
fn contents(folder: &Path) -> Vec<Vec<u8>> {
    let names = names(folder);
    let plain = |name: &str| name.trim_end_matches(".gz").trim_end_matches(".zst").to_owned();
    let is_twice = |name: &String| {
        names.iter().any(|other| other != name && plain(other) == *name && plain(name) == *name)
    };
    names.iter().filter(|name| !is_twice(name)).map(|name| content(&folder.join(name))).collect()
}

fn content(file: &PathBuf) -> Vec<u8> {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => {
            let unpacked = Command::new("gzip").arg("-dc").arg(file).output().expect("gzip runs");
            assert!(unpacked.status.success(), "{file:?}: {unpacked:?}");
            unpacked.stdout
        }
        Some("zst") => {
            let mut bytes = Vec::new();
            let file = fs::File::open(file).expect("the file is there");
            zstd::Decoder::new(file).and_then(|mut decoder| decoder.read_to_end(&mut bytes)).expect("whole");
            bytes
        }
        _ => fs::read(file).expect("the file is there"),
    }
}
