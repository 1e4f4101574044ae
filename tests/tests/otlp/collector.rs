//! A collector as people run it: rotel, which prints what it gets.
//!
//! `KAKASHI_ROTEL` is the path of its program; `tests/run otlp` installs it.

#![cfg(unix)]

use std::collections::BTreeSet;
use std::env;
use std::fs::File;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use kakashi_std::sinks::{Otlp, OtlpCompression, OtlpProtocol};
use kakashi_std::{configure, error, flush, get_async_logger, get_logger, info, stats_by_destination};
use kakashi_tests::harness::process::{TestFolder, read, run, spawn};
use kakashi_tests::harness::wait::{TEST_TIMEOUT, eventually, within};

/// A collector that is killed when it is dropped.
struct Collector(Child);

impl Collector {
    /// Starts one that prints a signal.
    fn start(signal: &str, port: u16, grpc_port: u16, output: &Path) -> Self {
        let rotel = env::var_os("KAKASHI_ROTEL").expect("tests/run otlp sets it");
        let output = File::options().create(true).append(true).open(output).expect("the file opens");
        let (endpoint, grpc) = (format!("127.0.0.1:{port}"), format!("127.0.0.1:{grpc_port}"));
        let mut command = Command::new(rotel);
        command.args(["start", "--exporter", "blackhole", "--debug-log", signal]);
        command.args(["--debug-log-verbosity", "detailed", "--otlp-http-endpoint", &endpoint]);
        command.args(["--otlp-grpc-endpoint", &grpc]).stdout(output);
        let collector = Self(command.spawn().expect("it starts"));
        assert!(eventually(|| TcpStream::connect(&endpoint).is_ok()), "it listens");
        collector
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port()
}

/// The numbers that the collector has printed.
fn numbers(output: &[u8]) -> (BTreeSet<u64>, usize) {
    let text = String::from_utf8_lossy(output);
    let numbers = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("-> n: Int(")?.strip_suffix(')')?.parse().ok());
    let all: Vec<u64> = numbers.collect();
    (all.iter().copied().collect(), all.len())
}

/// Logs numbers, by turns through a sync and an async logger.
fn log_numbers(from: u64, until: u64) {
    let (sync_logger, async_logger) = (get_logger("shop::orders"), get_async_logger("shop::queue"));
    for n in from..until {
        match n % 2 {
            0 => info!(sync_logger, "Order {n} accepted", n),
            _ => info!(async_logger, "Order {n} accepted", n),
        }
    }
}

#[test]
fn a_hundred_thousand_records_reach_a_collector_that_is_killed_and_started_again() {
    const COUNT: u64 = 100_000;
    let folder = TestFolder::new();
    let output = folder.file("collector");
    let (port, grpc_port) = (free_port(), free_port());
    let send = |protocol, compression| {
        let otlp = Otlp::new(&format!("http://127.0.0.1:{port}")).expect("a URL");
        let destination =
            otlp.protocol(protocol).compression(compression).destination().expect("it makes sense");
        configure().backlog_bytes(1 << 30).service("shop", "1.4.2", "test").destination(destination).apply();
    };
    let all_printed = |until: u64| within(TEST_TIMEOUT, || numbers(&read(&output)).0.len() as u64 == until);
    let mut collector = Collector::start("logs", port, grpc_port, &output);
    send(OtlpProtocol::Protobuf, OtlpCompression::Gzip);
    log_numbers(0, COUNT / 4);
    assert!(flush().is_complete());
    assert!(all_printed(COUNT / 4));
    // Nobody is there, then somebody is.
    drop(collector);
    log_numbers(COUNT / 4, COUNT / 2);
    collector = Collector::start("logs", port, grpc_port, &output);
    assert!(eventually(|| flush().is_complete()));
    assert!(all_printed(COUNT / 2));
    send(OtlpProtocol::Json, OtlpCompression::None);
    log_numbers(COUNT / 2, COUNT);
    error!(get_logger("shop::orders"), "Failed", n = COUNT, hostile = "\u{1b}[2J\n\u{202e}\"\\\0");
    assert!(flush().is_complete());
    assert!(all_printed(COUNT + 1));
    drop(collector);
    let printed = read(&output);
    let (numbers, count) = numbers(&printed);
    assert!(numbers.iter().copied().eq(0..=COUNT));
    // Where no answer came, a batch may have come twice.
    assert!(count as u64 >= COUNT);
    let text = String::from_utf8_lossy(&printed);
    for expected in [
        "service.name: Str(shop)",
        "deployment.environment.name: Str(test)",
        "InstrumentationScope shop::queue",
        "Body: Str(Order 7 accepted)",
        "log.record.template: Str(Order {n} accepted)",
        "SEVERITY_NUMBER_ERROR(17)",
    ] {
        assert!(text.contains(expected), "{expected}");
    }
    let stats = stats_by_destination();
    let receiver = stats.iter().find(|stats| stats.name.starts_with("otlp")).expect("it is in use");
    assert_eq!((receiver.waiting, receiver.dropped.total()), (0, 0), "{receiver}");
}

/// Runs a process that logs a range with a disk buffer before the collector, and flushes; returns
/// how many records it says are written, wait, and were found.
fn buffered(folder: &TestFolder, port: u16, range: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_child"));
    command.arg("disk_buffer_otlp").arg(folder.file("")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = spawn(&mut command);
    write!(child.stdin.take().expect("a pipe"), "http://127.0.0.1:{port}\n{range}\n").expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{:?}", output.status);
    String::from_utf8(output.stdout).expect("numbers")
}

#[test]
fn what_a_process_could_not_send_to_a_collector_the_next_one_sends() {
    let folder = TestFolder::new();
    let output = folder.file("collector");
    let (port, grpc_port) = (free_port(), free_port());
    assert_eq!(buffered(&folder, port, "0 10000"), "0 10000 0\n");
    let collector = Collector::start("logs", port, grpc_port, &output);
    assert_eq!(buffered(&folder, port, "10000 10010"), "10010 0 10000\n");
    assert!(within(TEST_TIMEOUT, || numbers(&read(&output)).1 == 10_010));
    drop(collector);
    assert!(numbers(&read(&output)).0.into_iter().eq(0..10_010));
}

#[test]
fn counts_reach_a_collector_in_both_forms() {
    let folder = TestFolder::new();
    let output = folder.file("collector");
    let (port, grpc_port) = (free_port(), free_port());
    let collector = Collector::start("metrics", port, grpc_port, &output);
    for scenario in ["counted_protobuf", "counted_json"] {
        let ended = run(env!("CARGO_BIN_EXE_child"), [scenario, &format!("http://127.0.0.1:{port}")]);
        assert_eq!((ended.status.code(), &*ended.stderr), (Some(0), ""));
    }
    let printed = || String::from_utf8_lossy(&read(&output)).into_owned();
    assert!(eventually(|| printed().matches("Name: kakashi.sink.failures").count() == 2));
    drop(collector);
    let text = printed();
    for expected in [
        "service.name: Str(shop)",
        "InstrumentationScope kakashi",
        "Name: kakashi.records.logged",
        "DataType: Sum",
        "IsMonotonic: true",
        "AGGREGATION_TEMPORALITY_CUMULATIVE",
        "DataType: Gauge",
        "-> logger: Str(a\"b\\\n\u{202e}\0)",
        "Value: 3",
    ] {
        assert_eq!(text.matches(expected).count() % 2, 0, "{expected} in both");
        assert!(text.contains(expected), "{expected}");
    }
}
