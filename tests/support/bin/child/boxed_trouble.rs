//! Programs with a black box whose memory, destinations or own code make trouble, in a folder with
//! `log.txt` and `box`.

use std::cell::Cell;
use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::process::{self, Command};
use std::time::Duration;
use std::{fs, io, thread};

use kakashi_std::sinks::FunctionSink;
use kakashi_std::{
    Batch, Destination, LogContext, LoggerConfig, Scope as _, SinkError, SinkErrorKind, TailSampling, Text,
    Wire, black_box_stats, configure, create_custom_logger, fields, flush, get_logger, info, sinks, stats,
    warning,
};
use kakashi_tests::harness::fake_values::Runs;

use super::boxed::{begin, say, settings};

const HOUR: Duration = Duration::from_secs(3600);

/// Runs a scenario; false if there is no such one.
pub(crate) fn run(scenario: &str, folder: &Path) -> bool {
    match scenario {
        "boxed_told" => does_as_it_is_told(folder),
        "boxed_shed" => sheds(folder, Destination::encoder(refusing(), Text)),
        "boxed_shed_wire" => sheds(folder, Destination::encoder(refusing(), Wire)),
        "boxed_held" => holds_records_back(folder),
        "boxed_many" => logs_to_many_destinations(folder),
        "boxed_refused" => ends_beside_a_failing_sink(folder),
        "boxed_custom" => has_a_custom_logger_first(folder),
        "boxed_fork_in_a_display" => forks_in_a_display(folder),
        "boxed_stdout" => logs_to_stdout(folder),
        "boxed_eat" => eats_all_memory(folder),
        _ => return false,
    }
    true
}

/// Does what the lines of stdin say, each a verb and what follows it; returns after the last.
fn does_as_it_is_told(folder: &Path) {
    begin(folder, settings(folder));
    let logger = get_logger("a");
    let mut n = 0_u64;
    for line in io::stdin().lock().lines() {
        let line = line.expect("the test writes text");
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let number = || rest.parse::<u64>().expect("a number");
        match verb {
            "log" => (0..number()).for_each(|_| {
                info!(logger, "Logged", n);
                n += 1;
            }),
            // Each on a thread of its own, which needs memory of its own.
            "spread" => (0..number()).for_each(|_| {
                let logger = logger.clone();
                thread::spawn(move || info!(logger, "Logged", n)).join().expect("it logs");
                n += 1;
            }),
            "fill" => fill(&folder.join("box/filler")),
            "sh" => {
                let status = Command::new("sh").args(["-c", rest]).status().expect("a shell");
                assert!(status.success(), "{rest}");
            }
            "flush" => _ = flush(),
            "stats" => {
                let directory = if black_box_stats().directory.is_some() { "a directory" } else { "none" };
                say(&format!("{directory}: {}", stats()));
            }
            "abort" => process::abort(),
            _ => panic!("{line}"),
        }
    }
}

/// Writes to a file until there is no room.
fn fill(path: &Path) {
    let mut file = fs::File::create(path).expect("a file in the box");
    while file.write_all(&[1; 4096]).is_ok() {}
    while file.write_all(&[1]).is_ok() {}
}

fn refusing() -> Destination {
    let refuse = |_: &Batch<'_>| -> Result<(), SinkError> { Err(SinkError::new(SinkErrorKind::Failed)) };
    Destination::new(FunctionSink::new(refuse)).named("one that fails")
}

/// Logs much more than may wait to a destination that takes nothing, every 50th a warning; says how many
/// were dropped, and aborts.
fn sheds(folder: &Path, destination: Destination) {
    configure()
        .black_box(settings(folder))
        .flush_after_millis(1)
        .batch_bytes(4096)
        .backlog_bytes(64 << 10)
        .destination(destination)
        .apply();
    let log = |thread: u64| {
        let logger = get_logger("a");
        for n in (thread..10_000).step_by(2) {
            if n % 50 == 0 { warning!(logger, "Logged", n) } else { info!(logger, "Logged", n) }
        }
    };
    thread::scope(|scope| (0..2).for_each(|thread| _ = scope.spawn(move || log(thread))));
    say(&stats().dropped.total().to_string());
    process::abort();
}

/// Logs to a destination that folds repetitions and to one that holds traces, and aborts.
fn holds_records_back(folder: &Path) {
    let file =
        |name: &str| sinks::file(folder.join(name)).expect("a file in the test's folder").encoder(Text);
    configure()
        .black_box(settings(folder))
        .flush_after_millis(1)
        .destination(file("folded.txt").fold_repeated(HOUR))
        .destination(file("traces.txt").tail_sampling(TailSampling::new().within(HOUR)))
        .apply();
    for n in 0..100_u64 {
        let trace_id = format!("{:032x}", n % 10 + 1);
        let _context = LogContext::new().with_custom(fields![trace_id]).enter();
        info!("Logged", n);
        (0..5).for_each(|_| info!("Same"));
        if n == 50 {
            thread::sleep(Duration::from_millis(20));
        }
    }
    process::abort();
}

/// Logs once to more destinations than a black box has room for; says what it has in it, and aborts.
fn logs_to_many_destinations(folder: &Path) {
    let file = |n: usize| sinks::file(folder.join(format!("{n}.txt"))).expect("a file in the test's folder");
    let settings = configure().black_box(settings(folder)).flush_after_millis(u32::MAX.into());
    (0..70).fold(settings, |settings, n| settings.destination(file(n))).apply();
    info!("Logged", n = 1);
    process::abort();
}

/// Returns from `main` with records that nobody has taken.
fn ends_beside_a_failing_sink(folder: &Path) {
    configure().black_box(settings(folder)).destination(refusing().encoder(Text)).apply();
    (0..100_u64).for_each(|n| info!("Logged", n));
}

/// Has a custom logger that is older than the black box, on this thread and on another.
fn has_a_custom_logger_first(folder: &Path) {
    configure().flush_after_millis(u32::MAX.into()).apply();
    let destination = sinks::file(folder.join("log.txt")).expect("a file in the test's folder");
    let logger = create_custom_logger("custom", LoggerConfig::new().destination(destination));
    (0..10_u64).for_each(|n| info!(logger, "Logged", n));
    flush();
    configure().black_box(settings(folder)).apply();
    (10..1000_u64).for_each(|n| info!(logger, "Logged", n));
    process::abort();
}

/// A value that is shown forks: child and parent go on with its record, the parent when the child is dead, and
/// each has one more.
fn forks_in_a_display(folder: &Path) {
    begin(folder, settings(folder));
    let logger = get_logger("a");
    info!(logger, "Logged", n = 0);
    let pid = Cell::new(None);
    let value = Runs(|| {
        if pid.get().is_some() {
            return;
        }
        // SAFETY: as in `forks.rs`: that kakashi is fit for it is what is tested.
        #[allow(unsafe_code, reason = "std has no fork")]
        let forked = unsafe { libc::fork() };
        pid.set(Some(forked));
        if forked > 0 {
            // SAFETY: nothing is stored.
            #[allow(unsafe_code, reason = "std waits for its own children only")]
            let waited = unsafe { libc::waitpid(forked, std::ptr::null_mut(), 0) };
            assert_eq!(waited, forked);
        }
    });
    info!(logger, "Shown", value = %value, n = 1);
    let is_child = pid.get() == Some(0);
    info!(logger, "Logged", n = if is_child { 102 } else { 2 });
    process::abort();
}

/// Logs ten records to stdout, and aborts.
fn logs_to_stdout(folder: &Path) {
    configure()
        .black_box(settings(folder))
        .flush_after_millis(u32::MAX.into())
        .destination(sinks::stdout().encoder(Text))
        .apply();
    (0..10_u64).for_each(|n| info!("Logged", n));
    process::abort();
}

/// Logs a thousand records, then takes memory until the system ends it.
fn eats_all_memory(folder: &Path) {
    begin(folder, settings(folder));
    (0..1000_u64).for_each(|n| info!("Logged", n));
    let mut eaten = Vec::new();
    loop {
        eaten.push(vec![1_u8; 1 << 20]);
    }
}
