//! Counts at an OTLP receiver, read by OpenTelemetry's generated messages.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kakashi_std::metrics::OtlpMetrics;
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::http_receiver::HttpRequest;
use kakashi_tests::harness::process::{EndedChild, RunningChild, start_command};
use kakashi_tests::harness::wait::eventually;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::{Metric, NumberDataPoint, metric, number_data_point};

use super::receiver::{Answer, Receiver, metrics_of};
use super::{pair, text};

const CHILD: &str = env!("CARGO_BIN_EXE_child");
const HOSTILE: &str = "a\"b\\\n\u{202e}\0";

fn start(scenario: &str, receiver: &Receiver, variables: &[(&str, &str)]) -> RunningChild {
    let mut command = Command::new(CHILD);
    command.args([scenario, &receiver.url()]).envs(variables.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // A child has a copy of other tests' sockets until it executes.
    let _alone = alone();
    start_command(command)
}

fn run(scenario: &str, receiver: &Receiver) -> EndedChild {
    start(scenario, receiver, &[]).ends()
}

fn metrics(request: &HttpRequest) -> Vec<Metric> {
    let [resource] = &metrics_of(request).resource_metrics[..] else { panic!("one resource") };
    let [scope] = &resource.scope_metrics[..] else { panic!("one scope") };
    assert_eq!(scope.scope.as_ref().expect("there is one").name, "kakashi");
    scope.metrics.clone()
}

/// The points of a metric, by their attributes.
fn points(metrics: &[Metric], name: &str) -> BTreeMap<String, i64> {
    let metric = metrics.iter().find(|metric| metric.name == name).expect(name);
    let points = match metric.data.as_ref().expect("it has data") {
        metric::Data::Sum(sum) => {
            assert!(sum.is_monotonic && sum.aggregation_temporality == 2, "{name}");
            &sum.data_points
        }
        metric::Data::Gauge(gauge) => &gauge.data_points,
        other => panic!("{other:?}"),
    };
    let value = |point: &NumberDataPoint| match point.value {
        Some(number_data_point::Value::AsInt(value)) => value,
        ref other => panic!("{other:?}"),
    };
    points.iter().map(|point| (labels(&point.attributes), value(point))).collect()
}

fn labels(attributes: &[KeyValue]) -> String {
    let labels = attributes.iter().map(|label| match &label.value.as_ref().expect("a value").value {
        Some(Value::StringValue(text)) => format!("{}={text}", label.key),
        other => panic!("{other:?}"),
    });
    labels.collect::<Vec<_>>().join(",")
}

#[test]
fn counts_are_in_both_forms_what_the_data_model_says_and_are_sent_at_the_end() {
    let before = nanos();
    for scenario in ["counted_protobuf", "counted_json"] {
        let receiver = Receiver::start();
        let ended = run(scenario, &receiver);
        assert_eq!((ended.status.code(), &*ended.stderr), (Some(0), ""));
        let requests = receiver.take_requests();
        let [request] = &requests[..] else { panic!("one request") };
        assert_eq!((&*request.path, &*request.headers["x-tenant"]), ("/v1/metrics", "blue"));
        let resource = metrics_of(request).resource_metrics.remove(0).resource.expect("there is one");
        for (key, value) in [
            ("service.name", "shop"),
            ("service.version", "1.4.2"),
            ("deployment.environment.name", "test"),
            ("host.name", "web-1"),
        ] {
            assert!(resource.attributes.contains(&pair(key, text(value))), "{key}: {resource:?}");
        }
        let metrics = &metrics(request);
        let logged = points(metrics, "kakashi.records.logged");
        let expected = [(format!("logger={HOSTILE},level=info"), 3), ("logger=shop,level=error".into(), 1)];
        assert_eq!(logged, expected.into());
        let written = points(metrics, "kakashi.records.written");
        assert_eq!(written[&format!("destination={HOSTILE},level=info")], 3);
        assert_eq!(written[&format!("destination={HOSTILE},level=debug")], 0);
        let dropped = points(metrics, "kakashi.records.dropped");
        assert_eq!(dropped[&format!("destination={HOSTILE},level=error,reason=queue_full")], 0);
        assert_eq!(points(metrics, "kakashi.records.waiting")[&format!("destination={HOSTILE}")], 0);
        let bytes = metrics.iter().find(|metric| metric.name == "kakashi.written.bytes").expect("bytes");
        assert_eq!(bytes.unit, "By");
        let Some(metric::Data::Sum(sum)) = &bytes.data else { panic!("a sum") };
        for point in &sum.data_points {
            let (since, at) = (point.start_time_unix_nano, point.time_unix_nano);
            assert!(before <= since && since <= at && at <= nanos(), "{before} {since} {at}");
        }
    }
}

fn nanos() -> u64 {
    let since_epoch: Duration = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    u64::try_from(since_epoch.as_nanos()).expect("before 2554")
}

#[test]
fn counts_are_sent_on_a_period_and_none_goes_back() {
    let receiver = Receiver::start();
    let (endpoint, interval) = (format!("{}/own/v1/metrics", receiver.url()), "OTEL_METRIC_EXPORT_INTERVAL");
    let mut child = start(
        "counted_period",
        &receiver,
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"),
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", &endpoint),
            ("OTEL_EXPORTER_OTLP_METRICS_HEADERS", "x-tenant=blue"),
            ("OTEL_SERVICE_NAME", "of the variable"),
            (interval, "100"),
        ],
    );
    assert!(eventually(|| receiver.calls() >= 3));
    drop(child.child.stdin.take());
    assert_eq!(child.ends().status.code(), Some(0));
    let requests = receiver.take_requests();
    let mut last = BTreeMap::new();
    for request in &requests {
        assert_eq!((&*request.path, &*request.headers["x-tenant"]), ("/own/v1/metrics", "blue"));
        let now = points(&metrics(request), "kakashi.records.written");
        assert!(last.iter().all(|(key, value)| now[key] >= *value));
        last = now;
    }
    assert_eq!(last.values().sum::<i64>(), 4, "the last one has all");
}

#[test]
fn a_receiver_that_fails_is_told_once_and_holds_up_no_flush() {
    let receiver = Receiver::start();
    for (answer, cause) in [
        (Answer::Status(500, None), "500 Internal Server Error"),
        (Answer::Status(503, Some(60)), "503 Service Unavailable"),
        (Answer::Garbage, "the answer is not HTTP"),
        (Answer::TakeAllBut(7), "it refuses 7 points (partial success)"),
    ] {
        receiver.answer(answer);
        let ended = run("counted_failing", &receiver);
        assert_eq!(ended.status.code(), Some(0));
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
        assert!(
            ended.stderr.contains("takes no metrics: ") && ended.stderr.contains(cause),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_sent() {
    for endpoint in ["", "localhost:4318", "ftp://localhost"] {
        assert!(OtlpMetrics::new(endpoint).is_err(), "{endpoint}");
    }
    let error = OtlpMetrics::new("http://localhost").expect("a URL").header("a b", "secret").start();
    assert!(!error.expect_err("no header").to_string().contains("secret"));
}
