//! Child processes that must end in time, and folders for their files.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

use super::wait::{TEST_TIMEOUT, within};

/// A folder that is deleted after the test.
#[derive(Debug)]
pub struct TestFolder(PathBuf);

impl TestFolder {
    /// Makes a new one.
    ///
    /// # Panics
    /// When it can't be made.
    #[expect(clippy::new_without_default, reason = "each is another folder")]
    pub fn new() -> Self {
        Self::below(&env::temp_dir())
    }

    /// Makes a new one in memory, where the system has a place for that.
    ///
    /// # Panics
    /// When it can't be made.
    pub fn in_memory() -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Self::below(memory) } else { Self::new() }
    }

    fn below(parent: &Path) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("kakashi-{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = parent.join(name);
        fs::create_dir_all(&path).expect("a folder for the test");
        Self(path)
    }

    /// Returns the path of a file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for TestFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Reads a file; one that is not there is empty.
pub fn read(path: impl AsRef<Path>) -> Vec<u8> {
    fs::read(path).unwrap_or_default()
}

/// A child process, and what reads its output.
#[derive(Debug)]
pub struct RunningChild {
    /// The process.
    pub child: Child,
    output: [Option<JoinHandle<Vec<u8>>>; 2],
    started: Instant,
}

/// How a child process ended.
#[derive(Debug)]
pub struct EndedChild {
    /// Its status.
    pub status: ExitStatus,
    /// What it printed.
    pub stdout: String,
    /// What it printed as errors.
    pub stderr: String,
    /// How long it ran.
    pub took: Duration,
}

/// Starts a program whose output is collected.
///
/// # Panics
/// When it can't be started.
pub fn start<A: AsRef<OsStr>>(program: &str, args: impl IntoIterator<Item = A>) -> RunningChild {
    let mut command = Command::new(program);
    command
        .args(args)
        .env("RUST_BACKTRACE", "0")
        .env_remove("NO_COLOR")
        .env_remove("KAKASHI_LOG")
        .env_remove("RUST_LOG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    start_command(command)
}

/// As [`start`]; only what is piped is collected.
///
/// # Panics
/// When it can't be started.
pub fn start_command(mut command: Command) -> RunningChild {
    // A group of its own, so that a child's children can be ended with it.
    let mut child = spawn(command.process_group(0));
    let output = [child.stdout.take().map(collect), child.stderr.take().map(collect)];
    RunningChild { child, output, started: Instant::now() }
}

/// Starts a program; signals have their default effect on it, whatever they have on
/// this process.
///
/// # Panics
/// When it can't be started.
pub fn spawn(command: &mut Command) -> Child {
    stop_ignoring_signals();
    command.spawn().expect("the child process starts")
}

/// Catches the signals that this process ignores, without an effect on it.
///
/// A background job of a script ignores SIGINT and SIGQUIT, and one of `nohup` SIGHUP.
/// `exec` leaves an ignored signal ignored, so that a child would never get it; a caught
/// one it resets to its default. (std resets SIGPIPE and the mask of blocked signals.)
fn stop_ignoring_signals() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM].into_iter().filter(|&signal| is_ignored(signal)) {
            signal_hook::flag::register(signal, Arc::default()).expect("the signal can be caught");
        }
    });
}

/// Tells whether this process ignores a signal; known on Linux only.
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 << (signal - 1) != 0)
}

/// Sends a signal, by its name without `SIG`, to a process.
///
/// # Panics
/// When the process does not exist.
pub fn send_signal(child: &Child, name: &str) {
    let kill = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(kill.expect("there is a `kill`").success());
}

/// Builds a program or a library of C's of this workspace and returns its path. `tmpdir` is the caller's
/// `CARGO_TARGET_TMPDIR`: the program is built in the same target directory.
///
/// # Panics
/// When it does not build.
pub fn build(tmpdir: &str, arguments: &[&str]) -> PathBuf {
    let target = Path::new(tmpdir).parent().expect("it is in the target directory");
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--message-format", "json-render-diagnostics", "--target-dir"])
        .arg(target)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{arguments:?} does not build");
    let messages = serde_json::Deserializer::from_slice(&output.stdout).into_iter();
    let is_library = |message: &serde_json::Value| message["target"]["crate_types"][0] == "cdylib";
    let built = |message: serde_json::Value| {
        let file = if is_library(&message) { &message["filenames"][0] } else { &message["executable"] };
        file.as_str().map(PathBuf::from)
    };
    messages.filter_map(|message| built(message.ok()?)).last().expect("cargo names what it built")
}

fn collect(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}

/// Runs a program to its end.
///
/// # Panics
/// As [`RunningChild::ends`].
pub fn run<A: AsRef<OsStr>>(program: &str, args: impl IntoIterator<Item = A>) -> EndedChild {
    start(program, args).ends()
}

impl RunningChild {
    /// Waits for the end.
    ///
    /// # Panics
    /// When it does not come in time; then the child and its children are killed.
    pub fn ends(self) -> EndedChild {
        self.ends_within(TEST_TIMEOUT)
    }

    /// As [`RunningChild::ends`], with a time of its own.
    ///
    /// # Panics
    /// As [`RunningChild::ends`].
    pub fn ends_within(mut self, timeout: Duration) -> EndedChild {
        let mut status = None;
        let ended = within(timeout, || {
            status = self.child.try_wait().expect("a child can be waited for");
            status.is_some()
        });
        let took = self.started.elapsed();
        if !ended {
            self.kill_all();
        }
        let [stdout, stderr] = self.output.map(|output| {
            let bytes = output.map(|output| output.join().expect("the reader of a pipe"));
            String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
        });
        match status {
            Some(status) => EndedChild { status, stdout, stderr, took },
            None => panic!("the child did not end in {timeout:?}; it printed {stdout:.500}\n{stderr:.2000}"),
        }
    }

    /// Kills the process and those it has started.
    ///
    /// # Panics
    /// When the system has no shell.
    pub fn kill_all(&mut self) {
        let group = format!("kill -9 -{}", self.child.id());
        Command::new("sh").args(["-c", &group]).status().expect("a shell");
        let _ = self.child.wait();
    }
}
