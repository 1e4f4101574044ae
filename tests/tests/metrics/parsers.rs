//! The texts as others read them: by Prometheus's own parser for Python, and by promtool.
//!
//! `tests/run metrics` installs both; `KAKASHI_PROMETHEUS_CLIENT` is where the first one lies.

#[path = "names.rs"]
mod names;

use std::collections::BTreeSet;
use std::env;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Once;

use kakashi_std::sinks::MemorySink;
use kakashi_std::{Destination, configure, flush, get_async_logger, get_logger, info, metrics};
use serde_json::Value;

use crate::names::HOSTILE;

/// Prints each sample: its name, labels and value, and the type and unit of its family.
const READ: &str = r#"
import json, sys
if sys.argv[1] == "prometheus":
    from prometheus_client.parser import text_string_to_metric_families as read
else:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as read
text = sys.stdin.buffer.read().decode("utf-8")
print(json.dumps([
    [sample.name, sample.labels, sample.value, family.type, family.unit, family.documentation]
    for family in read(text) for sample in family.samples
]))
"#;

/// Runs a program on a text; returns what it prints.
fn pipe(command: &mut Command, text: &str) -> String {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{command:?} refuses\n{text}");
    String::from_utf8(output.stdout).expect("text")
}

fn read(form: &str, text: &str) -> Vec<Value> {
    let place = env::var_os("KAKASHI_PROMETHEUS_CLIENT").expect("tests/run says where the parser is");
    let printed = pipe(Command::new("python3").args(["-c", READ, form]).env("PYTHONPATH", place), text);
    serde_json::from_str(&printed).expect("JSON")
}

/// Logs under each name, once for all tests.
fn log_under_hostile_names() {
    static LOGGED: Once = Once::new();
    LOGGED.call_once(log_once);
}

fn log_once() {
    let mut settings = configure();
    for name in HOSTILE {
        settings = settings.destination(Destination::new(MemorySink::new()).named(name));
    }
    settings.apply();
    for name in HOSTILE {
        info!(get_logger(name), "x");
        info!(get_async_logger(name), "x");
    }
    assert!(flush().is_complete());
}

#[test]
fn prometheus_own_parsers_read_every_name_and_value() {
    log_under_hostile_names();
    let count = u64::try_from(HOSTILE.len()).expect("few");
    for (form, text) in
        [("prometheus", metrics::prometheus_text()), ("openmetrics", metrics::open_metrics_text())]
    {
        let samples = read(form, &text);
        for (metric, label, expected) in [
            ("kakashi_records_logged_total", "logger", 2),
            ("kakashi_records_written_total", "destination", 2 * count),
            ("kakashi_records_waiting", "destination", 0),
        ] {
            let of_metric = || samples.iter().filter(|sample| sample[0] == metric);
            let names: BTreeSet<_> = of_metric().filter_map(|sample| sample[1][label].as_str()).collect();
            assert!(HOSTILE.iter().all(|name| names.contains(name)), "{form}: {metric} has {names:?}");
            let infos =
                of_metric().filter(|sample| sample[1]["level"].as_str().is_none_or(|level| level == "info"));
            let infos: Vec<_> = infos.collect();
            assert_eq!(infos.len(), HOSTILE.len(), "{form}: {metric}");
            assert!(infos.iter().all(|sample| sample[2] == expected as f64), "{form}: {infos:?}");
            let kind = if metric.ends_with("_total") { "counter" } else { "gauge" };
            assert!(infos.iter().all(|sample| sample[3] == kind && sample[5] != ""), "{form}: {infos:?}");
        }
        if form == "openmetrics" {
            let bytes = samples.iter().find(|sample| sample[0] == "kakashi_written_bytes_total");
            assert_eq!(bytes.expect("it is there")[4], "bytes");
        }
    }
}

#[test]
fn promtool_finds_nothing_to_better() {
    log_under_hostile_names();
    let printed = pipe(Command::new("promtool").args(["check", "metrics"]), &metrics::prometheus_text());
    assert_eq!(printed, "");
}
