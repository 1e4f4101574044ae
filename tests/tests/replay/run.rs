//! Builds the `replay` example and runs it as a program, with a deadline.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use kakashi_tests::harness::process::{EndedChild, build, start_command};

/// Reads the summary of a run.
pub(crate) trait Summary {
    /// As [`Summary::summary_of`], of the default logger.
    fn summary(&self) -> [u64; 3] {
        self.summary_of("sync")
    }

    /// Checks the summary, which must be all of stdout or its last line and name
    /// the logger, and returns records in, written and dropped.
    fn summary_of(&self, logger: &str) -> [u64; 3];
}

impl Summary for EndedChild {
    fn summary_of(&self, logger: &str) -> [u64; 3] {
        let stdout = self.stdout.strip_suffix('\n').expect("the summary ends its line");
        let line = stdout.rsplit('\n').next().expect("a line");
        let mut parts = line.split(", ");
        let mut part = |name: &str| {
            let found = parts.next().and_then(|part| part.strip_prefix(name)?.strip_prefix(": "));
            found.unwrap_or_else(|| panic!("no {name} in {line:?}"))
        };
        let count = |text: &str| text.parse::<u64>().unwrap_or_else(|_| panic!("{text:?} in {line:?}"));
        let counts = ["records in", "written", "dropped"].map(|name| count(part(name)));
        let seconds = part("seconds");
        assert_eq!(seconds.split_once('.').map(|(_, decimals)| decimals.len()), Some(3), "{line:?}");
        let seconds: f64 = seconds.parse().expect("seconds");
        assert!(seconds <= self.took.as_secs_f64() + 0.001, "{line:?}");
        let rate = count(part("records/s")) as f64;
        // The seconds are rounded to a millisecond.
        assert!((rate - 0.5) * (seconds - 0.0006) <= counts[0] as f64, "{line:?}");
        assert!((rate + 0.5) * (seconds + 0.0006) + seconds >= counts[0] as f64, "{line:?}");
        assert_eq!(part("logger"), logger);
        assert_eq!(parts.next(), None, "{line:?}");
        counts
    }
}

/// The recorded log.
pub(crate) fn access_log() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/access.log")
}

/// An empty directory for one test.
pub(crate) fn empty_directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("replay").join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).expect("a directory for the test");
    directory
}

/// The command, with nothing connected to a terminal.
pub(crate) fn replay<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs it to its end; it is killed, and the test fails, after a minute.
pub(crate) fn run(command: Command) -> EndedChild {
    start_command(command).ends_within(Duration::from_secs(60))
}

/// Returns the example, built once in the target directory of this test.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        build(env!("CARGO_TARGET_TMPDIR"), &["--release", "-p", "kakashi-std", "--example", "replay"])
    })
}
