//! Runs the command, to its end or beside the test.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver};

use kakashi_core::{Encoder as _, EncoderCache, Field, LogLevel, LogRecord, Name, Output, Timestamp, Wire};
use kakashi_tests::harness::process::{EndedChild, build, send_signal, spawn, start_command};
use kakashi_tests::harness::vectors::vectors;
use kakashi_tests::harness::wait::{TEST_TIMEOUT, eventually};

/// Returns the command, built once in the target directory of this test.
pub(crate) fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        build(env!("CARGO_TARGET_TMPDIR"), &["-p", "kakashi-std", "--features", "cli", "--bin", "kakashi"])
    })
}

pub(crate) fn kakashi<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs `kakashi decode` on bytes from stdin.
pub(crate) fn decode(options: &[&str], bytes: &[u8]) -> EndedChild {
    let mut running = start_command(kakashi([&["decode"], options].concat()));
    let mut stdin = running.child.stdin.take().expect("a pipe");
    let bytes = bytes.to_vec();
    // It may end, or wait for its own reader, before it has read all.
    let writer = std::thread::spawn(move || _ = stdin.write_all(&bytes));
    let ended = running.ends();
    writer.join().expect("bytes are written");
    ended
}

pub(crate) fn assert_ends(ended: &EndedChild, code: i32, stdout: &str, stderr: &str) {
    assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(code), stderr));
    assert!(ended.stdout == stdout, "expected {stdout}\nfound {}", ended.stdout);
}

/// The first so many vectors as one stream, and as lines.
pub(crate) fn stream(count: usize) -> (Vec<u8>, String) {
    let vectors = vectors();
    let vectors = &vectors[..count];
    (
        vectors.iter().flat_map(|vector| vector.block.clone()).collect(),
        vectors.iter().map(|vector| vector.text.as_str()).collect(),
    )
}

/// A record as a block of its own.
pub(crate) fn block_of(
    timestamp: Timestamp,
    level: LogLevel,
    logger: &str,
    message: &str,
    fields: &[Field<'_>],
) -> Vec<u8> {
    let mut room = [0; 1024];
    let (mut out, mut cache) = (Output::new(&mut room), EncoderCache::new());
    let record = LogRecord::new(timestamp, level, Name::new(logger), message);
    Wire.encode(&record.with_fields(fields), &mut cache, &mut out);
    Wire.finish(&mut cache, &mut out);
    out.written().to_vec()
}

/// A block that says this, and its line.
pub(crate) fn said(message: &str) -> (Vec<u8>, String) {
    let block = block_of(Timestamp::Wall(0), LogLevel::Info, "app", message, &[]);
    (block, format!("1970-01-01T00:00:00.000000Z INFO app {message}"))
}

/// A process that does not outlive a test that fails.
pub(crate) struct KilledOnDrop(pub(crate) Child);

impl Drop for KilledOnDrop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl KilledOnDrop {
    pub(crate) fn start(mut command: Command) -> Self {
        Self(spawn(&mut command))
    }

    pub(crate) fn signal(&self, name: &str) {
        send_signal(&self.0, name);
    }

    pub(crate) fn ends(&mut self) -> ExitStatus {
        let mut status = None;
        let ended = eventually(|| {
            status = self.0.try_wait().expect("a child can be waited for");
            status.is_some()
        });
        assert!(ended, "it does not end");
        status.unwrap()
    }
}

/// The command while it runs: each line it writes can be waited for.
pub(crate) struct Live {
    pub(crate) process: KilledOnDrop,
    pub(crate) stdout: Receiver<String>,
    pub(crate) stderr: Receiver<String>,
}

pub(crate) fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (to, from) = mpsc::channel();
    std::thread::spawn(move || {
        BufReader::new(pipe).lines().map_while(Result::ok).try_for_each(|line| to.send(line))
    });
    from
}

impl Live {
    pub(crate) fn start(command: Command) -> Self {
        let mut process = KilledOnDrop::start(command);
        let stdout = lines(process.0.stdout.take().unwrap());
        let stderr = lines(process.0.stderr.take().unwrap());
        Self { process, stdout, stderr }
    }

    /// Starts `kakashi decode` with its stdin open.
    pub(crate) fn decode(options: &[&str]) -> Self {
        Self::start(kakashi([&["decode"], options].concat()))
    }

    pub(crate) fn line(&self) -> String {
        self.stdout.recv_timeout(TEST_TIMEOUT).expect("a line")
    }

    pub(crate) fn stderr_line(&self) -> String {
        self.stderr.recv_timeout(TEST_TIMEOUT).expect("a line on stderr")
    }

    pub(crate) fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    /// Waits for the end; no line must be left that the test does not know of.
    pub(crate) fn ends(mut self) -> ExitStatus {
        let status = self.process.ends();
        let left: Vec<String> = self.stdout.iter().chain(self.stderr.iter()).collect();
        assert!(left.is_empty(), "{left:?}");
        status
    }

    /// Ends it as a user does.
    pub(crate) fn interrupt(self) {
        self.signal("INT");
        assert_eq!(self.ends().signal(), Some(2));
    }
}

pub(crate) fn append(path: &Path, bytes: &[u8]) {
    let file = File::options().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(bytes)).expect("the file can be written");
}
