//! Files that follow one another, and what may happen to them.

use std::fmt;
use std::io::{BufRead as _, Write as _, stdin, stdout};
use std::path::Path;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;

use kakashi_std::sinks::{self, RotatingFile, reopen_files};
use kakashi_std::{
    Clock, Destination, Durability, Format, Timestamp, Value, configure, error, fields, flush, info,
    reopen_files_on_hangup, try_audit,
};

use crate::records::{log_many, log_to, logger};

fn log_into(destination: Destination) {
    configure().format(Format::Text).destination(destination).apply();
}

fn line() -> String {
    let mut line = String::new();
    stdin().lock().read_line(&mut line).expect("stdin can be read");
    line
}

fn say(word: &str) {
    let mut stdout = stdout().lock();
    writeln!(stdout, "{word}").and_then(|()| stdout.flush()).expect("stdout takes it");
}

/// Writes as many records as it reads, from a number on, and prints each that is written.
pub(crate) fn logs_until_killed(file: &Path) {
    let line = line();
    let mut numbers = line.split_whitespace().map(|number| number.parse::<u64>().expect("a number"));
    let (first, count) = (numbers.next().expect("the first"), numbers.next().expect("how many"));
    let files = RotatingFile::new(file).max_bytes(4096).numbered();
    let files = if first.is_multiple_of(2) { files.gzip() } else { files.zstd() };
    log_into(files.destination().expect("the files open"));
    for n in first..first.saturating_add(count) {
        error!(logger(), "Counted", thread = 0, n);
        say(&n.to_string());
    }
}

/// Logs entries of an audit trail into files that are synced, and prints each that is kept; now
/// and then the plain file is opened anew.
pub(crate) fn keeps_what_it_says(file: &Path) {
    let plain = file.with_extension("plain.log");
    let rotating = RotatingFile::new(file).max_bytes(1000).numbered().no_link();
    configure()
        .format(Format::Text)
        .destination(rotating.destination().expect("the files open").durability(Durability::Synced))
        .destination(sinks::file(&plain).expect("the file opens").durability(Durability::Synced))
        .apply();
    for n in 0..40_u64 {
        if n % 10 == 9 {
            std::fs::rename(&plain, plain.with_extension(n.to_string())).expect("it is there");
            reopen_files();
        }
        // They and the entry are written at once, into several files.
        let more = Value::Display(&LogsWhenFormatted);
        try_audit("count", "numbers", fields![n, more]).expect("the disk keeps it");
        say("kept");
    }
}

struct LogsWhenFormatted;

impl fmt::Display for LogsWhenFormatted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for n in 0..20 {
            info!(logger(), "Formatted", n);
        }
        f.write_str("formatted")
    }
}

/// Parent and child log; the child ends first.
pub(crate) fn forks(file: &Path) {
    log_into(RotatingFile::new(file).max_bytes(4096).gzip().destination().expect("the files open"));
    log_many(0, 500);
    flush();
    // SAFETY: the child only logs and ends.
    #[allow(unsafe_code, reason = "std has no fork")]
    let child = unsafe { libc::fork() };
    log_many(if child == 0 { 2 } else { 1 }, 500);
    if child != 0 {
        wait_for(child);
    }
    process::exit(0);
}

/// The child never logs, and outlives its parent.
pub(crate) fn forks_a_child_that_stays(file: &Path) {
    log_into(RotatingFile::new(file).destination().expect("the files open"));
    log_many(0, 1);
    // SAFETY: the child only waits.
    #[allow(unsafe_code, reason = "std has no fork")]
    if unsafe { libc::fork() } == 0 {
        line();
    }
}

#[allow(unsafe_code, reason = "std waits only for what it has started")]
fn wait_for(child: i32) {
    // SAFETY: a null status is allowed.
    unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
}

/// Has the files open until it is told to end.
pub(crate) fn holds_its_files(file: &Path) {
    log_into(RotatingFile::new(file).destination().expect("the files open"));
    log_many(0, 1);
    say("ready");
    line();
}

/// Several processes may do so at once.
pub(crate) fn logs_with_its_id(file: &Path) {
    let files = RotatingFile::new(file).max_bytes(4096).pid_in_names();
    log_into(files.destination().expect("the files open"));
    log_many(u64::from(process::id()), 200);
}

/// Has a small file open in a folder where no other can be made, then may make them again.
pub(crate) fn logs_in_a_read_only_folder(file: &Path) {
    log_into(RotatingFile::new(file).max_bytes(1000).numbered().destination().expect("the files open"));
    for n in 0..3 {
        info!(logger(), "Counted", thread = 0, n);
        flush();
    }
    say("ready");
    line();
    for n in 3..50 {
        info!(logger(), "Counted", thread = 0, n);
        flush();
    }
    say("ready");
    line();
    // A second later it tries again.
    for n in 50.. {
        info!(logger(), "Counted", thread = 0, n);
        flush();
        if file.with_extension("00000001.log").exists() {
            return;
        }
        thread::yield_now();
    }
}

/// Logs more than its disk has room for.
pub(crate) fn fills_its_disk(file: &Path) {
    let files = RotatingFile::new(file).max_bytes(16 << 10).numbered().remove_oldest_when_full();
    log_into(files.destination().expect("the files open"));
    log_many(0, 10_000);
    let flushed = flush();
    let stats = kakashi_std::stats();
    println!("{} {} {}", stats.written, flushed.left, stats.dropped.total());
}

/// Logs a record for each line that it reads, to a plain file that SIGHUP has it open anew.
pub(crate) fn reopens_on_hangup(file: &Path) {
    reopen_files_on_hangup().expect("the signal can be caught");
    log_to(file);
    for n in 0u64.. {
        if line().is_empty() {
            return;
        }
        for n in n * 10..(n + 1) * 10 {
            info!(logger(), "Counted", thread = 0, n);
        }
        flush();
        say("written");
    }
}

/// Logs a record at each second that it reads.
pub(crate) fn logs_in_local_time(file: &Path) {
    struct HandClock(Arc<AtomicI64>);
    impl Clock for HandClock {
        fn now(&self) -> Timestamp {
            Timestamp::Wall(self.0.load(Ordering::Relaxed) * 1_000_000_000)
        }
    }
    let seconds: Vec<i64> =
        line().split_whitespace().map(|second| second.parse().expect("a second")).collect();
    let now = Arc::new(AtomicI64::new(seconds[0]));
    for (name, is_hourly) in [("hour.log", true), ("day.log", false)] {
        let files = RotatingFile::new(file.join(name)).local_time().no_link().clock(HandClock(now.clone()));
        let files = if is_hourly { files.hourly() } else { files.daily() };
        now.store(seconds[0], Ordering::Relaxed);
        log_into(files.destination().expect("the files open"));
        for &second in &seconds {
            now.store(second, Ordering::Relaxed);
            error!(logger(), "Counted", second);
        }
    }
}
