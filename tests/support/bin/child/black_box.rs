//! Programs with a black box, which are killed.

use std::env;
use std::io::{self, Write as _};
use std::path::Path;
use std::process;
use std::thread;
use std::time::Duration;

use kakashi_std::sinks::FunctionSink;
use kakashi_std::{
    AsyncLogger, Batch, BlackBox, Destination, Format, Json, Recovery, SinkError, SinkErrorKind, Text, Wire,
    configure, error, get_async_logger, get_logger, info, sinks,
};

/// Logs to a destination that takes nothing, and aborts.
pub(crate) fn logs_to_no_file(folder: &Path) {
    let refuse = |_: &Batch<'_>| -> Result<(), SinkError> { Err(SinkError::new(SinkErrorKind::Failed)) };
    configure()
        .black_box(BlackBox::new(folder.join("box")))
        .destination(Destination::new(FunctionSink::new(refuse)).named("one that fails").encoder(Wire))
        .apply();
    (0..100_u64).for_each(|n| info!("Logged", n));
    process::abort();
}

/// Begins with the same black box, and logs once.
pub(crate) fn begins_again(folder: &Path) {
    configure()
        .black_box(BlackBox::new(folder.join("box")))
        .destination(sinks::file(folder.join("next.txt")).expect("a file in the test's folder"))
        .format(Format::Text)
        .apply();
    info!("Started again");
}

/// Logs on four threads, with sync and async loggers, to a file of text, one of JSON and one of the wire in
/// a folder, until it is killed, or aborts after so many calls as `KAKASHI_ABORT_AFTER` says. Each
/// call's number goes to stdout when it has returned.
pub(crate) fn logs_until_killed(folder: &Path) {
    let file = |name: &str| sinks::file(folder.join(name)).expect("a file in the test's folder");
    configure()
        .black_box(BlackBox::new(folder.join("box")))
        .flush_after_millis(1)
        .destination(file("log.txt").encoder(Text))
        .destination(file("log.json").encoder(Json::new()))
        .destination(file("log.klog").encoder(Wire))
        .apply();
    let abort_after = env::var("KAKASHI_ABORT_AFTER").ok().and_then(|calls| calls.parse::<u64>().ok());
    let threads: Vec<_> = (0..4_u64)
        .map(|thread| thread::spawn(move || log_for_ever(thread, abort_after.filter(|_| thread == 0))))
        .collect();
    for thread in threads {
        let _ = thread.join();
    }
}

/// A thread's numbers begin with its own.
fn log_for_ever(thread: u64, abort_after: Option<u64>) {
    let logger = get_logger("sync");
    let async_logger: AsyncLogger = get_async_logger("async");
    let padding = "x".repeat(300);
    for count in 0.. {
        if abort_after == Some(count) {
            process::abort();
        }
        let n = thread << 32 | count;
        let padding = &padding[..(count * 7 % 300) as usize];
        match (thread % 2, count % 41) {
            (0, 40) => error!(logger, "Failed", n, padding),
            (0, _) => info!(logger, "Logged", n, padding),
            _ => info!(async_logger, "Logged", n, padding),
        }
        if tell(n).is_err() {
            return;
        }
        if count % 64 == 63 {
            thread::sleep(Duration::from_micros(100));
        }
    }
}

/// Tells a call's number to the test.
pub(crate) fn tell(number: u64) -> io::Result<()> {
    // A pipe takes eight bytes whole.
    let mut out = io::stdout().lock();
    out.write_all(&number.to_le_bytes())?;
    out.flush()
}

/// Recovers what lies in a directory.
pub(crate) fn recovers(directory: &Path) {
    for process in Recovery::new(directory).run().expect("the box can be read") {
        println!("{process}");
    }
}
