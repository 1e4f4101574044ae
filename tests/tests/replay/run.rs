//! Builds the `replay` example and runs it as a program, with a deadline.

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) took: Duration,
}

impl Ended {
    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// As [`Ended::summary_of`], of the logger that there is unless told otherwise.
    pub(crate) fn summary(&self) -> [u64; 3] {
        self.summary_of("sync")
    }

    /// Checks the summary, which must be all of stdout or its last line and name
    /// the logger, and returns records in, written and dropped.
    pub(crate) fn summary_of(&self, logger: &str) -> [u64; 3] {
        let stdout = self.stdout.strip_suffix(b"\n").expect("the summary ends its line");
        let line = stdout.rsplit(|&byte| byte == b'\n').next().expect("a line");
        let line = std::str::from_utf8(line).expect("the summary is text");
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
        assert!(rate * (seconds - 0.0006) <= counts[0] as f64, "{line:?}");
        assert!(rate * (seconds + 0.0006) + seconds >= counts[0] as f64, "{line:?}");
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
pub(crate) fn run(mut command: Command) -> Ended {
    let start = Instant::now();
    let mut child = command.spawn().expect("replay starts");
    let stdout = collect(child.stdout.take());
    let stderr = collect(child.stderr.take());
    let code = wait(&mut child, start + Duration::from_secs(60));
    let took = start.elapsed();
    let collected = |thread: thread::JoinHandle<Vec<u8>>| thread.join().expect("a pipe is read");
    Ended { code, stdout: collected(stdout), stderr: collected(stderr), took }
}

/// Waits for the end of a process.
fn wait(child: &mut Child, deadline: Instant) -> Option<i32> {
    loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            return status.code();
        }
        if Instant::now() > deadline {
            child.kill().expect("a child can be killed");
            panic!("replay hangs");
        }
        // `wait` has no deadline of its own.
        thread::sleep(Duration::from_millis(2));
    }
}

fn collect(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut all = Vec::new();
        if let Some(mut pipe) = pipe {
            pipe.read_to_end(&mut all).expect("a pipe can be read");
        }
        all
    })
}

/// Builds the example once, in the target directory of this test.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is in the target directory");
        let output = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--release", "--package", "kakashi-std", "--example", "replay"])
            .args(["--message-format", "json-render-diagnostics", "--target-dir"])
            .arg(target)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stderr(Stdio::inherit())
            .output()
            .expect("cargo runs");
        assert!(output.status.success(), "replay does not build");
        let messages = serde_json::Deserializer::from_slice(&output.stdout).into_iter();
        let executable = |message: serde_json::Value| message["executable"].as_str().map(PathBuf::from);
        messages.filter_map(|message| executable(message.ok()?)).last().expect("cargo names what it built")
    })
}
