//! Standard streams and files: what is counted as written has arrived, no lock of std's is
//! taken, and each stream has the form that fits it.

#![cfg(unix)]

mod arrives;
mod barriers;
mod colours;
mod files;
mod locks;
#[cfg(target_os = "linux")]
mod terminal;

use std::path::Path;

use kakashi_tests::harness::process::{EndedChild, read, start};

const CHILD: &str = env!("CARGO_BIN_EXE_child");

/// Runs a scenario to its end, its streams piped.
fn run(scenario: &str, file: &Path) -> EndedChild {
    start(CHILD, [scenario.as_ref(), file.as_os_str()]).ends()
}

/// What a child says became of its records.
#[derive(Debug)]
struct Counts {
    written: usize,
    left: usize,
    dropped: usize,
    failures: usize,
}

impl Counts {
    fn of(file: &Path) -> Self {
        let report = String::from_utf8(read(file)).expect("a report is text");
        let counts: Vec<usize> = report.split(' ').filter_map(|count| count.parse().ok()).collect();
        let [written, left, dropped, failures] = counts[..] else { panic!("no report: {report:?}") };
        Self { written, left, dropped, failures }
    }
}
