//! Ends of a process, forks, and the standard variables.

use std::io::Write as _;
use std::process::{Command, Stdio};

use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::process::{EndedChild, TestFolder, spawn, start_command};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;

use super::receiver::{Receiver, attribute, logs_of};
use super::{assert_all_in_order, pair, text};

const CHILD: &str = env!("CARGO_BIN_EXE_child");

fn child(scenario: &str, receiver: &Receiver, variables: &[(&str, &str)]) -> EndedChild {
    let mut command = Command::new(CHILD);
    command.args([scenario, &receiver.url()]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.envs(variables.iter().copied());
    // A child has a copy of other tests' sockets until it executes.
    let _alone = alone();
    start_command(command).ends()
}

#[test]
fn every_end_of_a_process_sends_everything() {
    for (scenario, code) in [("otlp_return", 0), ("otlp_exit", 3), ("otlp_panic", 101)] {
        let receiver = Receiver::start();
        let ended = child(scenario, &receiver, &[]);
        assert_eq!(ended.status.code(), Some(code), "{ended:?}");
        assert_all_in_order(&receiver, 1000);
        assert_eq!(receiver.numbers().len(), 1000);
    }
}

#[test]
fn parent_and_child_of_a_fork_each_send_their_own_over_a_connection_of_their_own() {
    let receiver = Receiver::start();
    let ended = child("otlp_fork", &receiver, &[]);
    assert_eq!((ended.status.code(), &*ended.stderr), (Some(0), ""));
    let thread = |record: &LogRecord| match attribute(record, "thread") {
        Some(Value::IntValue(thread)) => thread,
        other => panic!("{other:?}"),
    };
    let records = receiver.records();
    for (process, count) in [(0, 200), (1, 100)] {
        let own = records.iter().filter(|record| thread(record) == process);
        assert_eq!(own.count(), count, "of {process}");
    }
}

#[test]
fn the_standard_variables_say_where_and_how() {
    let receiver = Receiver::start();
    let ended = child(
        "otlp_variables",
        &receiver,
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"),
            ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", &format!("{}/own/path", receiver.url())),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=blue%20one, x-other=2"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "5000"),
            ("OTEL_SERVICE_NAME", "of the variable"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name=no,host.name=web%2C1"),
        ],
    );
    assert_eq!((ended.status.code(), &*ended.stderr), (Some(0), ""));
    let requests = receiver.take_requests();
    let request = requests.first().expect("it has come");
    assert_eq!(request.path, "/own/path");
    for (name, value) in [
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
        ("x-tenant", "blue one"),
        ("x-other", "2"),
    ] {
        assert_eq!(request.headers[name], value);
    }
    let resource = logs_of(request).resource_logs.remove(0).resource.expect("there is one");
    for (key, value) in
        [("service.name", "of the variable"), ("host.name", "web,1"), ("service.version", "1.0")]
    {
        assert!(resource.attributes.contains(&pair(key, text(value))), "{resource:?}");
    }
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "brotli"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost"),
        ("OTEL_RESOURCE_ATTRIBUTES", "host"),
    ] {
        let ended = child("otlp_variables", &receiver, &[(name, value)]);
        assert_eq!(ended.status.code(), Some(4), "{ended:?}");
        assert!(ended.stdout.contains(value), "{ended:?}");
    }
}

/// Runs a process with a disk buffer; returns how many records it says are written, wait, and were
/// found.
fn buffered(folder: &TestFolder, endpoint: &str, range: &str) -> String {
    let mut command = Command::new(CHILD);
    command.arg("disk_buffer_otlp").arg(folder.file("")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = spawn(&mut command);
    write!(child.stdin.take().unwrap(), "{endpoint}\n{range}\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{:?}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_a_process_could_not_send_lies_on_the_disk_and_the_next_one_sends_it() {
    let folder = TestFolder::new();
    assert_eq!(buffered(&folder, "http://127.0.0.1:1", "0 1000"), "0 1000 0\n");
    let receiver = Receiver::start();
    assert_eq!(buffered(&folder, &receiver.url(), "1000 1010"), "1010 0 1000\n");
    assert_eq!(receiver.numbers(), (0..1010).collect::<Vec<_>>());
}
