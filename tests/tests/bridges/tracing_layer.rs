//! kakashi's layer among others: it filters for itself, takes nothing from them, and says the
//! same as `tracing-subscriber`'s own.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use kakashi_std::bridges::tracing::{SpanEvents, layer, options};
use kakashi_std::sinks::MemorySink;
use kakashi_std::{Destination, Json, LogLevel, configure, flush, set_log_level};
use kakashi_tests::harness::global_state::alone;
use serde_json::{Map, Value};
use tracing::subscriber::with_default;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;
use tracing_subscriber::registry::LookupSpan;

/// A writer that remembers.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    fn lines(&self) -> Vec<Map<String, Value>> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Memory {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn to_memory(level: LogLevel) -> MemorySink {
    let memory = MemorySink::new();
    let destination = Destination::new(memory.clone()).encoder(Json::new().location(true));
    configure().reset().level(level).destination(destination).apply();
    memory
}

fn lines(memory: &MemorySink) -> Vec<Map<String, Value>> {
    assert!(flush().is_complete());
    memory.lines().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Makes the layer of `tracing-subscriber`, with the place in the source and a level.
fn fmt<S>(memory: &Memory) -> impl tracing_subscriber::Layer<S>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    let json = tracing_subscriber::fmt::layer().json().with_file(true).with_line_number(true);
    json.with_writer(memory.clone()).with_filter(LevelFilter::INFO)
}

/// Logs in all the ways that programs have, but for events that name their parent: of those
/// `fmt`'s JSON lists the spans around them all the same.
fn program() {
    tracing::error!("failed");
    tracing::warn!(target: "shop::orders", "late by {} s", 3);
    tracing::info!(id = 1042, total = 19.5, paid = true, who = "eve", seen = ?Some("x"), shown = %'c', "Order accepted");
    tracing::debug!("nobody wants this");
    let request = tracing::info_span!("request", request = 7, status = tracing::field::Empty);
    request.in_scope(|| {
        tracing::info!("in a span");
        request.record("status", 200);
        tracing::debug_span!("below", below = true).in_scope(|| tracing::info!("below the level"));
        tracing::info_span!("inner", request = 8, step = "b").in_scope(|| tracing::warn!(own = -1, "in two"));
        tracing::info_span!(parent: None, "root", r = 1).in_scope(|| tracing::info!("of a root"));
    });
    tracing::info!("outside");
}

/// Makes of `fmt`'s line what kakashi's has: fields of events and spans in one object.
fn flattened(line: &Map<String, Value>) -> Map<String, Value> {
    let mut flat = Map::new();
    for span in line.get("spans").and_then(Value::as_array).into_iter().flatten() {
        flat.extend(span.as_object().unwrap().clone().into_iter().filter(|(key, _)| key != "name"));
    }
    flat.extend(line["fields"].as_object().unwrap().clone());
    let level = line["level"].as_str().unwrap();
    flat.insert("level".into(), if level == "WARN" { "WARNING" } else { level }.into());
    flat.insert("logger".into(), line["target"].clone());
    flat.insert("file".into(), line["filename"].clone());
    flat.insert("line".into(), line["line_number"].clone());
    flat
}

#[test]
fn fmt_and_kakashi_say_the_same() {
    let _alone = alone();
    let (theirs, ours) = (Memory::default(), to_memory(LogLevel::Info));
    with_default(registry().with(fmt(&theirs)), program);
    let alone: Vec<_> = theirs.lines().iter().map(flattened).collect();
    assert_eq!(alone.len(), 8);
    with_default(registry().with(layer()), program);
    let mut own = lines(&ours);
    own.iter_mut().for_each(|line| drop(line.remove("timestamp")));
    assert_eq!(own, alone);
    // Both at once, in either order.
    theirs.0.lock().unwrap().clear();
    ours.clear();
    with_default(registry().with(layer()).with(fmt(&theirs)), program);
    with_default(registry().with(fmt(&theirs)).with(layer()), program);
    let both: Vec<_> = theirs.lines().iter().map(flattened).collect();
    assert_eq!(both, [alone.clone(), alone.clone()].concat());
    let mut own = lines(&ours);
    own.iter_mut().for_each(|line| drop(line.remove("timestamp")));
    assert_eq!(own, [alone.clone(), alone].concat());
}

#[test]
fn it_filters_for_itself_only() {
    let _alone = alone();
    let (theirs, ours) = (Memory::default(), to_memory(LogLevel::Error));
    let fmt =
        tracing_subscriber::fmt::layer().json().with_writer(theirs.clone()).with_filter(LevelFilter::DEBUG);
    with_default(registry().with(fmt).with(layer()), || {
        let log = || {
            tracing::debug!("debug");
            tracing::error!("error");
        };
        log();
        set_log_level(LogLevel::Debug).unwrap();
        log();
        set_log_level(LogLevel::Info).unwrap();
        log();
        assert_eq!(LevelFilter::current(), LevelFilter::DEBUG);
    });
    assert_eq!(theirs.lines().len(), 6);
    let messages: Vec<_> = lines(&ours).iter().map(|line| line["message"].clone()).collect();
    assert_eq!(messages, ["error", "debug", "error", "error"]);
}

#[test]
fn records_of_log_that_come_as_events_have_their_own_target_level_and_place() {
    let _alone = alone();
    let memory = to_memory(LogLevel::Warning);
    configure().level_of("hyper", LogLevel::Debug).level_of("log", LogLevel::Critical).apply();
    with_default(registry().with(layer()), || {
        let _span = tracing::error_span!("request", id = 7).entered();
        for (level, target, line) in [
            (log::Level::Debug, "hyper::client", Some(71)),
            (log::Level::Warn, "sqlx", None),
            (log::Level::Info, "sqlx", None),
            (log::Level::Trace, "hyper", None),
        ] {
            let text = format_args!("says {target}");
            let record = log::Record::builder()
                .args(text)
                .level(level)
                .target(target)
                .module_path(Some("hyper"))
                .file(Some("src/lib.rs"))
                .line(line)
                .build();
            tracing_log::format_trace(&record).unwrap();
        }
        // An event of that target is one as any other.
        tracing::error!(target: "log", "refused");
        tracing::error!(target: "log::x", { log.target = "own" }, "own");
    });
    let line = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap();
    let mut found = lines(&memory);
    found.iter_mut().for_each(|line| drop(line.remove("timestamp")));
    assert_eq!(
        found[0],
        line(
            r#"{"level":"DEBUG","logger":"hyper::client","message":"says hyper::client",
                "file":"src/lib.rs","line":71,"id":7}"#
        )
    );
    assert_eq!(found[1], line(r#"{"level":"WARNING","logger":"sqlx","message":"says sqlx","id":7}"#));
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn two_layers_of_kakashi_do_not_get_in_each_others_way() {
    let _alone = alone();
    let ours = to_memory(LogLevel::Info);
    with_default(registry().with(layer()).with(layer()), || {
        let span = tracing::info_span!("span", a = 1);
        span.in_scope(|| tracing::info!("inside"));
    });
    let found = lines(&ours);
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|line| line["a"] == 1));
}

#[test]
fn a_span_that_closes_says_how_long_it_was_busy_as_fmt_does() {
    let _alone = alone();
    let (theirs, ours) = (Memory::default(), to_memory(LogLevel::Info));
    let fmt =
        tracing_subscriber::fmt::layer().json().with_span_events(FmtSpan::CLOSE).with_writer(theirs.clone());
    with_default(registry().with(fmt).with(options().span_events(SpanEvents::Close).layer()), || {
        let outer = tracing::info_span!("outer", a = 1);
        outer.in_scope(|| tracing::info_span!("inner", b = 2).in_scope(|| tracing::info!("inside")));
        tracing::debug_span!("below").in_scope(|| ());
    });
    let summary = |line: &Map<String, Value>| {
        (line["message"].clone(), line.get("span").cloned(), line.get("a").cloned(), line.get("b").cloned())
    };
    let found = lines(&ours);
    let shown: Vec<_> = found.iter().map(summary).collect();
    let (one, two) = (Some(Value::from(1)), Some(Value::from(2)));
    let expected = [
        ("inside".into(), None, one.clone(), two.clone()),
        ("close".into(), Some("inner".into()), one.clone(), two),
        ("close".into(), Some("outer".into()), one, None),
    ];
    assert_eq!(shown, expected);
    let (busy, idle) = (found[2]["time.busy"].as_f64().unwrap(), found[2]["time.idle"].as_f64().unwrap());
    assert!(busy > 0.0 && idle >= 0.0);
    assert!(busy >= found[1]["time.busy"].as_f64().unwrap(), "the outer one was entered at least as long");
    let closed = theirs.lines().into_iter().filter(|line| line["fields"]["message"] == "close").count();
    assert_eq!(closed, 3, "fmt has no level here");
}

#[test]
fn a_level_for_the_name_of_spans_has_their_ends_told() {
    let _alone = alone();
    let ours = to_memory(LogLevel::Info);
    let closed = |directives: &str| {
        configure().directives(directives).unwrap().apply();
        let before = lines(&ours).len();
        with_default(registry().with(layer()), || {
            tracing::info_span!("upper").in_scope(|| ());
            tracing::debug_span!("lower").in_scope(|| ());
        });
        let told = lines(&ours).split_off(before);
        assert!(told.iter().all(|line| line["message"] == "close" && line["time.busy"].is_number()));
        told.iter().map(|line| line["span"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(closed("debug").is_empty());
    assert_eq!(closed("debug,tracing::span=info"), ["upper"]);
    assert_eq!(closed("debug,tracing::span=trace"), ["upper", "lower"]);
    assert_eq!(closed("info,tracing::span=trace"), ["upper"], "who logs must be enabled as well");
    assert!(closed("debug,tracing=trace").is_empty(), "the name itself must be said");
    assert!(closed("debug,tracing::span=off").is_empty());
    configure().reset().apply();
}
