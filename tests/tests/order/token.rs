//! A token goes round four threads, each of which logs its number: in every destination, in
//! each format, no record stands before one that happened earlier, whichever loggers log.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Barrier, OnceLock};
use std::thread;

use kakashi_std::sinks::{self, MemorySink};
use kakashi_std::{
    AsyncConfig, Clock, Destination, Format, Json, LogLevel, LoggerConfig, OverflowPolicy, SystemClock, Text,
    Timestamp, Wire, configure, create_custom_logger, flush, shutdown_async_logging,
};
use kakashi_tests::harness::causal_order::{
    AnyLogger, Passing, assert_in_order, assert_whole_in_order, go_round, numbers_of, under_load,
};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::process::{TestFolder, build, read, start_command};
use kakashi_tests::harness::read_back::{entries, text};
use kakashi_tests::harness::wait::in_time;

const TOKENS: u64 = 2000;

/// Files of each format, of which all that are asked for are destinations at once.
struct Files {
    folder: TestFolder,
    formats: Vec<Format>,
}

impl Files {
    fn new(formats: &[Format]) -> Self {
        Self { folder: TestFolder::new(), formats: formats.to_vec() }
    }

    fn path(&self, format: Format) -> PathBuf {
        self.folder.file(&format!("{format:?}"))
    }

    fn destinations(&self) -> impl Iterator<Item = Destination> {
        self.formats.iter().map(|&format| {
            let destination = sinks::file(self.path(format)).expect("the file opens");
            match format {
                Format::Json => destination.encoder(Json::new()),
                Format::Wire => destination.encoder(Wire),
                _ => destination.encoder(Text),
            }
        })
    }

    fn configure(&self) {
        self.destinations().fold(configure(), |configure, each| configure.destination(each)).apply();
    }

    /// The token's numbers in each file.
    fn numbers(&self) -> Vec<(String, Vec<u64>)> {
        let of = |&format| (format!("{format:?}"), numbers_of(&entries(format, &read(self.path(format)))));
        let mut all: Vec<_> = self.formats.iter().map(of).collect();
        if self.formats.contains(&Format::Wire) {
            all.push(("decode".into(), numbers_of(&text(&decoded(self.path(Format::Wire))))));
        }
        all
    }

    /// Asserts the order in each file, and that what is missing was dropped.
    fn assert_in_order(&self, case: &str, dropped: usize) {
        for (name, numbers) in self.numbers() {
            let name = format!("{name}, {case}");
            if dropped == 0 {
                assert_whole_in_order(&name, 0..TOKENS, &numbers);
            } else {
                assert_in_order(&name, &numbers);
                assert!(numbers.len() + dropped >= TOKENS as usize, "{name}: {} {dropped}", numbers.len());
            }
        }
    }
}

/// What `kakashi decode` makes of a file.
fn decoded(file: PathBuf) -> Vec<u8> {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    let binary = BINARY.get_or_init(|| {
        build(env!("CARGO_TARGET_TMPDIR"), &["-p", "kakashi-std", "--features", "cli", "--bin", "kakashi"])
    });
    let mut command = Command::new(binary);
    command.arg("decode").arg(file).stdout(std::process::Stdio::piped());
    start_command(command).ends().stdout.into_bytes()
}

const PLACES: [&[Format]; 4] =
    [&[Format::Text], &[Format::Json], &[Format::Wire], &[Format::Text, Format::Json, Format::Wire]];

/// Starts anew with these workers.
fn with_workers(config: AsyncConfig) {
    assert!(shutdown_async_logging().is_complete());
    configure().level(LogLevel::Info).async_logging(config).apply();
}

/// Has the token go round in every way, beside other records; asserts the order, and that
/// what is not there was dropped.
fn assert_order_of(config: AsyncConfig, loggers: impl Fn(&Files) -> Vec<AnyLogger>) {
    let _alone = alone();
    for (place, passing) in
        PLACES.iter().flat_map(|place| [(place, Passing::Channel), (place, Passing::Flag)])
    {
        let files = Files::new(place);
        with_workers(config.clone());
        files.configure();
        let loggers = loggers(&files);
        let before = StatsSince::now();
        let of = loggers.clone();
        in_time(move || {
            under_load(&of, || {
                go_round(passing, 0..TOKENS, |k| of[(k / 3 + k) as usize % of.len()].pass(k));
            });
        });
        assert!(flush().is_complete());
        drop(loggers);
        files.assert_in_order(&format!("{place:?} by {passing:?}"), before.dropped().total());
    }
}

/// A custom logger with destinations of its own for the same files as the root logger's.
fn custom(files: &Files) -> AnyLogger {
    let config = files.destinations().fold(LoggerConfig::new(), LoggerConfig::destination);
    AnyLogger::Custom(create_custom_logger("order", config))
}

#[test]
fn sync_loggers_are_in_order() {
    assert_order_of(AsyncConfig::new(), |_| vec![AnyLogger::sync()]);
}

#[test]
fn async_loggers_that_wait_are_in_order() {
    assert_order_of(AsyncConfig::new(), |_| vec![AnyLogger::queued()]);
}

#[test]
fn async_loggers_with_small_rings_are_in_order() {
    assert_order_of(AsyncConfig::new().ring_bytes(4096), |_| vec![AnyLogger::queued()]);
}

#[test]
fn async_loggers_of_three_workers_are_in_order() {
    assert_order_of(AsyncConfig::new().threads(3), |_| vec![AnyLogger::queued()]);
}

#[test]
fn async_loggers_that_drop_the_newest_are_in_order() {
    let config = AsyncConfig::new().overflow(OverflowPolicy::DropNewest).ring_bytes(4096);
    assert_order_of(config, |_| vec![AnyLogger::queued()]);
}

#[test]
fn async_loggers_that_drop_the_oldest_are_in_order() {
    let config = AsyncConfig::new().overflow(OverflowPolicy::DropOldest).ring_bytes(4096).threads(3);
    assert_order_of(config, |_| vec![AnyLogger::queued()]);
}

#[test]
fn performance_loggers_are_in_order() {
    assert_order_of(AsyncConfig::new(), |_| vec![AnyLogger::performance()]);
}

#[test]
fn custom_loggers_are_in_order_with_the_root_logger_of_their_file() {
    assert_order_of(AsyncConfig::new(), |files| vec![custom(files), AnyLogger::sync()]);
}

#[test]
fn two_custom_loggers_of_one_file_are_in_order() {
    assert_order_of(AsyncConfig::new(), |files| vec![custom(files), custom(files)]);
}

#[test]
fn loggers_that_are_made_at_one_moment_are_in_order_in_their_file() {
    let _alone = alone();
    with_workers(AsyncConfig::new());
    for round in 0..200 {
        let files = Files::new(&[Format::Text]);
        let together = Barrier::new(4);
        let loggers: Vec<_> = thread::scope(|scope| {
            let make = || {
                together.wait();
                custom(&files)
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(make)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        // Nothing is written before the flush: a second queue would be written as a whole.
        (0..40).for_each(|k| loggers[k as usize % 4].pass(k));
        assert!(flush().is_complete());
        for (name, numbers) in files.numbers() {
            assert_whole_in_order(&format!("{name}, round {round}"), 0..40, &numbers);
        }
    }
}

#[test]
fn sync_and_async_loggers_are_in_order_together() {
    assert_order_of(AsyncConfig::new(), |_| vec![AnyLogger::sync(), AnyLogger::queued()]);
}

#[test]
fn all_kinds_of_loggers_are_in_order_together() {
    assert_order_of(AsyncConfig::new().threads(3), |files| {
        vec![AnyLogger::sync(), AnyLogger::queued(), AnyLogger::performance(), custom(files)]
    });
}

/// Settings change all the time: to other files, and back to those that were open before.
#[test]
fn each_file_is_in_order_while_settings_change() {
    let _alone = alone();
    for workers in [1, 3] {
        let files = [Files::new(&[Format::Text, Format::Wire]), Files::new(&[Format::Json])];
        with_workers(AsyncConfig::new().threads(workers));
        files[0].configure();
        let loggers = [AnyLogger::sync(), AnyLogger::queued()];
        let token_is_home = AtomicBool::new(false);
        let round = AtomicU64::new(0);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !token_is_home.load(Ordering::Relaxed) {
                    let round = round.fetch_add(1, Ordering::Relaxed);
                    files[round as usize % 2].configure();
                    thread::yield_now();
                }
            });
            go_round(Passing::Channel, 0..TOKENS, |k| loggers[k as usize / 2 % 2].pass(k));
            token_is_home.store(true, Ordering::Relaxed);
        });
        assert!(flush().is_complete());
        let [mut both, other] = files.map(|files| files.numbers());
        for (name, numbers) in both.iter().chain(&other) {
            assert_in_order(&format!("{name}, {} changes", round.load(Ordering::Relaxed)), numbers);
        }
        let mut all = [both.swap_remove(0).1, other[0].1.clone()].concat();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..TOKENS), "each record stands in one of the two, once");
    }
}

/// A clock that is put back by an hour at every hundredth look.
struct PutBack(AtomicI64);

impl Clock for PutBack {
    fn now(&self) -> Timestamp {
        const HOUR: i64 = 3_600_000_000_000;
        let count = self.0.fetch_add(1, Ordering::Relaxed);
        Timestamp::Wall(1_700_000_000_000_000_000 + count * 1000 - count / 100 * HOUR)
    }
}

#[test]
fn a_wall_clock_that_is_put_back_changes_no_order() {
    let _alone = alone();
    let files = Files::new(PLACES[3]);
    with_workers(AsyncConfig::new());
    files.configure();
    configure().clock(PutBack(AtomicI64::new(0))).apply();
    let loggers = [AnyLogger::sync(), AnyLogger::queued()];
    go_round(Passing::Flag, 0..TOKENS, |k| loggers[k as usize / 3 % 2].pass(k));
    configure().clock(SystemClock).apply();
    assert!(flush().is_complete());
    files.assert_in_order("put back", 0);
}

#[test]
fn printed_times_never_contradict_the_order() {
    let _alone = alone();
    let memory = MemorySink::new();
    with_workers(AsyncConfig::new());
    configure().destination(Destination::new(memory.clone()).encoder(Text)).apply();
    let loggers = [AnyLogger::sync(), AnyLogger::queued(), AnyLogger::performance()];
    under_load(&loggers, || {
        go_round(Passing::Channel, 0..TOKENS, |k| loggers[k as usize % 3].pass(k));
    });
    assert!(flush().is_complete());
    let mut lines = memory.lines();
    // A call of the load may have begun before those that it now stands after.
    lines.retain(|line| line.contains(" order Passed "));
    let back = lines.windows(2).filter(|pair| pair[0][..27] > pair[1][..27]);
    assert_eq!(back.count(), 0, "of {} lines", lines.len());
}

#[test]
fn what_a_display_logs_is_in_order_with_whom_it_wakes() {
    let _alone = alone();
    let files = Files::new(PLACES[3]);
    with_workers(AsyncConfig::new());
    files.configure();
    let loggers = [AnyLogger::sync(), AnyLogger::queued(), AnyLogger::performance(), custom(&files)];
    let before = StatsSince::now();
    in_time(move || {
        // The inner call returns before its thread hands on the token, which the outer value
        // does while it is shown.
        let next = AtomicU64::new(0);
        let show = |thread: u64| {
            for k in (0..TOKENS).filter(|k| k % 4 == thread) {
                let value = kakashi_tests::harness::fake_values::Runs(|| {
                    if next.load(Ordering::Acquire) > k {
                        return;
                    }
                    while next.load(Ordering::Acquire) != k {
                        thread::yield_now();
                    }
                    loggers[(k / 5) as usize % 4].pass(k);
                    next.store(k + 1, Ordering::Release);
                });
                loggers[(k / 3) as usize % 4].show(k, value);
            }
        };
        thread::scope(|scope| {
            for thread in 0..4 {
                let show = &show;
                scope.spawn(move || show(thread));
            }
        });
        assert!(flush().is_complete());
        files.assert_in_order("in a Display", before.dropped().total());
    });
}
