//! Sinks that fail, panic, take little, or take nothing: nothing is written
//! twice, and what is not written is counted and announced.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::io::{self, BufWriter, ErrorKind, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kakashi_std::{
    Destination, DropReason, Format, LevelFilter, LogLevel, LoggerConfig, Text, configure,
    create_custom_logger, flush, flush_timeout, get_logger, info, log, sinks, stats,
};
use kakashi_tests::harness::fake_sinks::{FakeWriter, WriterMode};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::process::{EndedChild, read, start, start_command};
use kakashi_tests::harness::read_back::{announced, assert_each_once_in_order, entries, numbers, text};
use kakashi_tests::harness::wait::eventually;
use sinks::WriterSink;

const CHILD: &str = env!("CARGO_BIN_EXE_child");
const FORMATS: [Format; 3] = [Format::Text, Format::Json, Format::Wire];

/// The exit timeout of a process, and a margin for a busy machine.
const EXIT_WITHIN: Duration = Duration::from_secs(8);

/// Has all loggers write to this writer, and counts from then on.
fn write_to(writer: &FakeWriter, format: Format, batch_bytes: usize) -> StatsSince {
    let destination = Destination::new(WriterSink::new(writer.clone())).named("the writer");
    configure()
        .level(LevelFilter::ALL)
        .format(format)
        .batch_bytes(batch_bytes)
        .flush_after_millis(10)
        .destination(destination)
        .apply();
    StatsSince::now()
}

fn log_many(count: u64) {
    let logger = get_logger("failing");
    for n in 0..count {
        info!(logger, "Counted", thread = 0, n);
    }
}

#[test]
fn a_sink_that_heals_gets_everything_once_and_in_order_without_another_call() {
    let _alone = alone();
    for format in FORMATS {
        let writer = FakeWriter::new(WriterMode::Fail(ErrorKind::StorageFull));
        let before = write_to(&writer, format, 1000);
        log_many(1000);
        // It is tried again, and again, by another thread.
        assert!(eventually(|| writer.calls() >= 3));
        assert!(writer.bytes().is_empty());
        writer.set_mode(WriterMode::TakeAll);
        assert!(eventually(|| before.written() == 1000), "{format:?}: {:?}", stats());
        assert_each_once_in_order(&entries(format, &writer.bytes()), 1, 1000);
        assert_eq!(before.dropped().total(), 0);
    }
}

#[test]
fn a_writer_that_takes_a_few_bytes_at_a_time_gets_all_of_them() {
    let _alone = alone();
    for format in FORMATS {
        let writer = FakeWriter::new(WriterMode::TakeAtMost(7));
        let before = write_to(&writer, format, 1000);
        log_many(1000);
        assert!(flush().is_complete());
        assert_eq!(before.written(), 1000);
        assert_eq!(before.failures(), 0);
        assert_each_once_in_order(&entries(format, &writer.bytes()), 1, 1000);
    }
}

#[test]
fn what_a_writer_took_before_it_failed_is_not_written_again() {
    let _alone = alone();
    for format in FORMATS {
        let writer = FakeWriter::new(WriterMode::TakeHalfThenFail(ErrorKind::StorageFull));
        let before = write_to(&writer, format, 1000);
        log_many(100);
        assert!(flush().is_complete(), "half of the rest each time comes to an end");
        assert!(before.failures() > 10, "it failed often: {}", before.failures());
        assert_eq!(before.written(), 100);
        assert_eq!(before.bytes(), writer.bytes().len());
        assert_each_once_in_order(&entries(format, &writer.bytes()), 1, 100);
    }
}

#[test]
fn a_sink_that_panics_costs_nothing_but_time() {
    let _alone = alone();
    for format in FORMATS {
        let writer = FakeWriter::new(WriterMode::Panic);
        let before = write_to(&writer, format, 1000);
        log_many(500);
        assert!(!flush_timeout(Duration::ZERO).is_complete());
        assert!(eventually(|| before.failures() > 0));
        writer.set_mode(WriterMode::TakeAll);
        assert!(flush().is_complete());
        assert_each_once_in_order(&entries(format, &writer.bytes()), 1, 500);
        assert_eq!(before.dropped().total(), 0);
    }
}

#[test]
fn a_flush_tries_a_failed_sink_every_20_ms_and_not_after_it_has_given_up() {
    let _alone = alone();
    for mode in [WriterMode::Fail(ErrorKind::StorageFull), WriterMode::Panic] {
        let writer = FakeWriter::new(mode);
        let before = write_to(&writer, Format::Text, 1000);
        log_many(1);
        let begun = Instant::now();
        assert!(!flush_timeout(Duration::from_millis(500)).is_complete());
        let tries = begun.elapsed().as_millis() / 20;
        assert!(before.failures() as u128 <= tries + 2, "{} for {tries}", before.failures());
        // From now on at pauses of up to a second.
        let (begun, calls) = (Instant::now(), writer.calls());
        assert!(eventually(|| writer.calls() >= calls + 3));
        assert!(begun.elapsed() > Duration::from_millis(500), "{:?}", begun.elapsed());
        writer.set_mode(WriterMode::TakeAll);
        assert!(flush().is_complete());
        assert_each_once_in_order(&entries(Format::Text, &writer.bytes()), 1, 1);
    }
}

#[test]
fn drops_of_a_failing_sink_are_counted_by_level_and_announced_when_it_recovers() {
    const SENT: usize = 8000;
    let _alone = alone();
    for format in FORMATS {
        let writer = FakeWriter::new(WriterMode::Fail(ErrorKind::StorageFull));
        let before = write_to(&writer, format, 16 * 1024);
        let logger = get_logger("failing");
        let long = "x".repeat(1000);
        let level_of = |n: usize| LogLevel::ALL[n % 6];
        for n in 0..SENT {
            match level_of(n) {
                LogLevel::Trace => log!(logger, LogLevel::Trace, "Counted", thread = 0, n, long),
                LogLevel::Debug => log!(logger, LogLevel::Debug, "Counted", thread = 0, n, long),
                LogLevel::Info => log!(logger, LogLevel::Info, "Counted", thread = 0, n, long),
                LogLevel::Warning => log!(logger, LogLevel::Warning, "Counted", thread = 0, n, long),
                LogLevel::Error => log!(logger, LogLevel::Error, "Counted", thread = 0, n, long),
                LogLevel::Critical => log!(logger, LogLevel::Critical, "Counted", thread = 0, n, long),
            }
        }
        assert!(!flush_timeout(Duration::ZERO).is_complete());
        assert!(before.dropped().total() > SENT / 4, "what waits has a limit: {:?}", stats());
        writer.set_mode(WriterMode::TakeAll);
        assert!(eventually(|| before.written() + before.dropped().total() == SENT));
        let announced_count = || announced(&entries(format, &writer.bytes()));
        let dropped = before.dropped();
        assert!(
            eventually(|| announced_count() == dropped.total() as u64),
            "{format:?}: announced {}, {dropped:?}",
            announced_count()
        );

        assert_eq!(dropped.of_reason(DropReason::SinkFailed), dropped.total());
        let arrived = numbers(&entries(format, &writer.bytes())).remove(&0).unwrap_or_default();
        assert_eq!(arrived.len(), before.written());
        assert!(arrived.is_sorted_by(|one, next| one < next), "in order, each once");
        let mut by_level: BTreeMap<LogLevel, usize> = BTreeMap::new();
        arrived.iter().for_each(|n| *by_level.entry(level_of(*n as usize)).or_default() += 1);
        for level in LogLevel::ALL {
            let sent = (0..SENT).filter(|n| level_of(*n) == level).count();
            assert_eq!(by_level[&level] + dropped.of_level(level), sent, "{format:?} {level}");
        }
    }
}

#[test]
fn a_failing_sink_does_not_hold_up_another() {
    let _alone = alone();
    let (sick, well) = (FakeWriter::new(WriterMode::Fail(ErrorKind::BrokenPipe)), FakeWriter::default());
    configure()
        .format(Format::Text)
        .flush_after_millis(10)
        .destination(Destination::new(WriterSink::new(sick.clone())))
        .destination(Destination::new(WriterSink::new(well.clone())))
        .apply();
    log_many(1000);
    assert!(eventually(|| numbers(&text(&well.bytes()))
        .get(&0)
        .is_some_and(|numbers| numbers.len() == 1000)));
    assert!(sick.bytes().is_empty());
    sick.set_mode(WriterMode::TakeAll);
    assert!(eventually(|| sick.bytes() == well.bytes()));
}

#[test]
fn a_destination_that_is_replaced_while_it_fails_loses_nothing_uncounted() {
    let _alone = alone();
    let (old, new) = (FakeWriter::new(WriterMode::Fail(ErrorKind::StorageFull)), FakeWriter::default());
    let before = write_to(&old, Format::Text, 1000);
    log_many(100);
    assert!(!flush_timeout(Duration::ZERO).is_complete());
    write_to(&new, Format::Text, 1000);
    log_many(100);
    assert!(flush().is_complete());
    old.set_mode(WriterMode::TakeAll);
    let accounted = || before.written() + before.dropped().total() == 200;
    assert!(eventually(accounted), "{} written, {:?}", before.written(), before.dropped());
    assert_each_once_in_order(&text(&new.bytes()), 1, 100);
    let arrived = text(&old.bytes()).len();
    assert_eq!(arrived + before.dropped().total(), 100);
}

#[test]
fn a_custom_logger_that_goes_while_its_sink_fails_loses_nothing_uncounted() {
    let _alone = alone();
    let writer = FakeWriter::new(WriterMode::Fail(ErrorKind::StorageFull));
    let before = StatsSince::now();
    std::thread::scope(|scope| {
        let log_and_go = || {
            let sink = WriterSink::new(writer.clone());
            let logger = create_custom_logger("gone", LoggerConfig::new().sink(Text, sink));
            (0..100).for_each(|n| info!(logger, "Counted", thread = 0, n));
            assert!(!logger.flush().is_complete());
        };
        scope.spawn(log_and_go);
    });
    writer.set_mode(WriterMode::TakeAll);
    let accounted = || before.written() + before.dropped().total() == 100;
    assert!(eventually(accounted), "{} written, {:?}", before.written(), before.dropped());
    assert_eq!(text(&writer.bytes()).len(), before.written());
}

#[test]
fn every_flush_passes_on_what_a_sink_keeps_back() {
    let _alone = alone();
    let writer = FakeWriter::default();
    let config = LoggerConfig::new().sink(Text, WriterSink::new(BufWriter::new(writer.clone())));
    let logger = create_custom_logger("buffered", config);
    info!(logger, "Counted", thread = 0, n = 0);
    assert!(flush().is_complete());
    assert_each_once_in_order(&text(&writer.bytes()), 1, 1);
    info!(logger, "Counted", thread = 0, n = 1);
    assert!(logger.flush().is_complete());
    assert_each_once_in_order(&text(&writer.bytes()), 1, 2);
}

/// Counts the reports of a failure on stderr.
fn reports(ended: &EndedChild, of: &str) -> usize {
    ended.stderr.matches(&format!("kakashi: {of} failed: ")).count()
}

#[test]
fn a_full_disk_is_reported_once_and_every_record_is_counted() {
    let ended = start(CHILD, ["full_disk", "-"]).ends_within(EXIT_WITHIN);
    assert_eq!((ended.status.code(), reports(&ended, "file /dev/full")), (Some(0), 1), "{ended:?}");
    assert!(ended.stderr.contains("No space left on device"), "{ended:?}");
    let counts: Vec<usize> = ended.stdout.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [written, dropped, left, failures] = counts[..] else { panic!("{ended:?}") };
    assert_eq!((written, dropped + left), (0, 1000));
    assert!(dropped > 0 && left > 0 && failures > 0, "{ended:?}");
    assert!(
        ended
            .stderr
            .ends_with(&format!("kakashi: {left} records could not be written before the process ended\n"))
    );
}

#[test]
fn a_closed_pipe_is_reported_once_and_the_program_goes_on() {
    let mut command = Command::new(CHILD);
    command.args(["stdout", "10"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (reader, writer) = io::pipe().unwrap();
    command.stdout(writer);
    let mut child = start_command(command);
    drop(reader);
    child.child.stdin.take().unwrap().write_all(b"go\n").unwrap();
    let ended = child.ends_within(EXIT_WITHIN);
    assert_eq!((ended.status.code(), reports(&ended, "stdout")), (Some(0), 1), "{ended:?}");
    assert!(ended.stderr.contains("Broken pipe"), "{ended:?}");
    assert!(ended.stderr.contains("went on; failures: true"), "{ended:?}");
    assert!(ended.stderr.contains("11 records could not be written"), "{ended:?}");
}

#[test]
fn an_exit_beside_an_unread_pipe_comes_in_time_and_reports_what_was_left() {
    // A pipe holds 64 KiB; this is twice as much, and only the exit writes.
    let mut command = Command::new(CHILD);
    command.args(["return_with_stdout", "2000"]).stdin(Stdio::null()).stderr(Stdio::piped());
    let (reader, writer) = io::pipe().unwrap();
    command.stdout(writer);
    let ended = start_command(command).ends_within(EXIT_WITHIN);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert!(ended.stderr.contains("records could not be written"), "{ended:?}");
    drop(reader);
}

#[test]
fn an_interval_of_all_eternity_flushes_full_buffers_all_the_same() {
    let folder = kakashi_tests::harness::process::TestFolder::new();
    let file = folder.file("log");
    let ended = start(CHILD, ["never_flush".as_ref(), file.as_os_str()]).ends();
    assert_eq!((ended.status.code(), ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    assert_each_once_in_order(&text(&read(file)), 1, 1000);
}
