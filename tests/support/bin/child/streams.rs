//! Programs that do to their standard streams, their files and their folder what programs
//! do: close, redirect, lock, limit, leave.

#![allow(unsafe_code)]

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _, stdin};
use std::os::fd::AsRawFd as _;
use std::path::Path;
use std::time::Duration;
use std::{env, process};

use kakashi_std::{Format, configure, error, flush, flush_timeout, info, sinks, stats};

use kakashi_tests::harness::process::read;
use kakashi_tests::harness::wait::eventually;

use crate::records::{log_many, logger};

/// Which descriptor a stream has; any other is a fault of the test.
fn number(stream: &str) -> i32 {
    match stream {
        "stdout" => 1,
        "stderr" => 2,
        _ => panic!("no stream: {stream}"),
    }
}

fn log_to_stream(number: i32) {
    let stream = if number == 1 { sinks::stdout() } else { sinks::stderr() };
    configure().format(Format::Text).destination(stream).apply();
}

fn set_nonblocking() {
    // SAFETY: it changes a flag of an open descriptor.
    let done = unsafe { libc::fcntl(1, libc::F_SETFL, libc::fcntl(1, libc::F_GETFL) | libc::O_NONBLOCK) };
    assert_eq!(done, 0);
}

/// Lets files grow to so many bytes; the signal for more is ignored, as under `nohup`.
fn limit_files(bytes: u64) {
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: bytes };
    // SAFETY: the limit is one; SIG_IGN is an action.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &limit), 0);
    }
}

fn redirect(stream: i32, to: &File) {
    // SAFETY: both are descriptors; the file stays open.
    assert_eq!(unsafe { libc::dup2(to.as_raw_fd(), stream) }, stream);
}

fn wait_for_a_line() {
    let _ = stdin().read(&mut [0]);
}

/// Says in a file what became of all records.
fn report(file: &Path, left: usize) {
    let stats = stats();
    let counts = format!("{} {left} {} {}", stats.written, stats.dropped.total(), stats.failures);
    fs::write(file, counts).expect("the report can be written");
}

/// Logs 3,000 records in batches of 40,000 bytes to a stdout that says "not now".
pub(crate) fn batches_to_a_nonblocking_stdout(file: &Path) {
    set_nonblocking();
    configure().batch_bytes(40_000).apply();
    log_to_stream(1);
    log_many(0, 3000);
    let left = flush_timeout(Duration::from_millis(100)).left;
    report(file, left);
    // SAFETY: ends the process at once, as intended.
    unsafe { libc::_exit(0) };
}

/// The same to a stdout that is a file at its size limit.
pub(crate) fn batches_to_a_limited_stdout(file: &Path) {
    limit_files(100_000);
    configure().batch_bytes(40_000).apply();
    log_to_stream(1);
    log_many(0, 3000);
    let left = flush_timeout(Duration::from_millis(100)).left;
    report(file, left);
    // SAFETY: ends the process at once, as intended.
    unsafe { libc::_exit(0) };
}

/// A stream is closed, records wait, it is opened again as `FILE.log`.
pub(crate) fn closes_a_stream(file: &Path, stream: &str) {
    let number = number(stream);
    log_to_stream(number);
    // SAFETY: nothing else uses the descriptor meanwhile.
    unsafe { libc::close(number) };
    log_many(0, 100);
    error!(logger(), "Counted", thread = 0, n = 100);
    // Nobody can open it but this thread, which does not wait for that.
    let left = flush_timeout(Duration::from_secs(3600)).left;
    report(file, left);
    let opened = File::create(file.with_extension("log")).expect("the file opens");
    if opened.as_raw_fd() == number {
        // The lowest free number is the stream's: it is open again.
        std::mem::forget(opened);
    } else {
        redirect(number, &opened);
    }
    assert!(flush().is_complete());
    report(&file.with_extension("after"), 0);
}

/// A daemon: both streams are redirected to `FILE` once it has begun.
pub(crate) fn redirects_its_streams(file: &Path) {
    configure().format(Format::Text).destination(sinks::stdout()).destination(sinks::stderr()).apply();
    log_many(0, 1);
    assert!(flush().is_complete());
    let opened = File::options().append(true).create(true).open(file).expect("the file opens");
    redirect(1, &opened);
    redirect(2, &opened);
    wait_for_a_line();
    log_many(1, 1);
    assert!(flush().is_complete());
}

/// The program goes to another folder; its file is renamed, and opened anew.
pub(crate) fn leaves_its_folder(folder: &Path) {
    env::set_current_dir(folder).expect("the folder is there");
    configure().format(Format::Text).destination(sinks::file("logs/app.log").expect("it opens")).apply();
    log_many(0, 1);
    assert!(flush().is_complete());
    fs::create_dir("elsewhere").and_then(|()| env::set_current_dir("elsewhere")).expect("another folder");
    fs::rename("../logs/app.log", "../logs/app.log.1").expect("the file is there");
    sinks::reopen_files();
    log_many(1, 1);
    assert!(flush().is_complete());
}

/// The disk is full in the middle of a line.
pub(crate) fn tears_a_line(file: &Path) {
    limit_files(1000);
    configure().format(Format::Json).destination(sinks::file(file).expect("the file opens")).apply();
    log_many(0, 100);
    flush_timeout(Duration::from_millis(10));
    // SAFETY: ends the process at once, as intended.
    unsafe { libc::_exit(0) };
}

/// Three records, as JSON, on stdout.
pub(crate) fn appends_to_stdout() {
    configure().format(Format::Json).destination(sinks::stdout()).apply();
    log_many(1, 3);
}

/// Holds std's lock of a stream while it logs, and while it ends.
pub(crate) fn holds_a_lock(stream: &str) {
    let number = number(stream);
    log_to_stream(number);
    let (mut out, mut err);
    let locked: &mut dyn io::Write = if number == 1 {
        out = io::stdout().lock();
        &mut out
    } else {
        err = io::stderr().lock();
        &mut err
    };
    for n in 0..4 {
        writeln!(locked, "row {n}").expect("the stream takes it");
        info!(logger(), "Counted", thread = 0, n);
    }
    error!(logger(), "Counted", thread = 0, n = 4);
    writeln!(locked, "the call has returned").expect("the stream takes it");
    info!(logger(), "Counted", thread = 0, n = 5);
    process::exit(3);
}

/// A sink fails; its name would clear a terminal, and add a line.
pub(crate) fn fails_by_a_hostile_name() {
    let destination = sinks::file("/dev/full").expect("it opens").named("file \u{1b}[2Ja\nb\u{202e}.log");
    configure().format(Format::Text).destination(destination).apply();
    log_many(0, 1);
    flush_timeout(Duration::from_millis(100));
}

/// Sinks fail while stderr is a pipe that nobody reads, and that is full.
pub(crate) fn reports_to_a_full_pipe(file: &Path) {
    let (reader, writer) = io::pipe().expect("a pipe");
    // SAFETY: it changes a flag of an open descriptor, and back.
    let set_flags = |flags: libc::c_int| unsafe { libc::fcntl(writer.as_raw_fd(), libc::F_SETFL, flags) };
    set_flags(libc::O_NONBLOCK);
    while (&writer).write(&[b'x'; 4096]).is_ok() {}
    set_flags(0);
    // SAFETY: both are descriptors.
    unsafe { libc::dup2(writer.as_raw_fd(), 2) };
    configure().format(Format::Text).destination(sinks::file("/dev/full").expect("it opens")).apply();
    log_many(0, 1);
    flush_timeout(Duration::from_millis(10));
    configure().destination(sinks::file(file).expect("it opens")).apply();
    log_many(1, 1);
    // Of the failed destination something may be left.
    flush();
    drop(reader);
}

/// The forms of both streams, and of a file, where only the environment says more.
pub(crate) fn shows_colours(file: &Path) {
    configure()
        .format(Format::Pretty)
        .destination(sinks::stdout())
        .destination(sinks::stderr())
        .destination(sinks::file(file).expect("the file opens"))
        .apply();
    log_many(0, 1);
}

/// As [`shows_colours`], in the form that fits.
pub(crate) fn shows_the_form_that_fits() {
    configure().destination(sinks::stdout()).destination(sinks::stderr()).apply();
    log_many(0, 1);
}

/// A daemon: its stdout was a terminal, and is `FILE` by now.
pub(crate) fn leaves_its_terminal(file: &Path) {
    configure().destination(sinks::stdout()).apply();
    log_many(0, 1);
    assert!(flush().is_complete());
    redirect(1, &File::create(file).expect("the file opens"));
    // What finds the file is in the old form, and so may be what is buffered then.
    let has_text = || {
        log_many(1, 1);
        assert!(flush().is_complete());
        String::from_utf8_lossy(&read(file)).lines().last().is_some_and(|line| line.contains("Z INFO child "))
    };
    assert!(eventually(has_text), "the form is decided again");
}

/// Logs 30,000 records, far more than a pipe holds, to a stdout that says "not now"; then
/// the process ends: by a return, by `exit`, or at once after a barrier.
pub(crate) fn ends_with_a_nonblocking_stdout(end: &str) {
    set_nonblocking();
    log_to_stream(1);
    log_many(0, 30_000);
    match end {
        "return" => return,
        "exit" => process::exit(0),
        "error" => error!(logger(), "Counted", thread = 0, n = 30_000),
        "flush" => assert!(flush().is_complete()),
        _ => panic!("no way to end: {end}"),
    }
    // SAFETY: ends the process at once, as intended.
    unsafe { libc::_exit(0) };
}
