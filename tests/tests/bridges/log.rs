//! Records of the `log` crate: what they become, and that levels follow.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::{MutexGuard, Once};

use kakashi_std::sinks::MemorySink;
use kakashi_std::{
    Destination, DropReason, Format, Json, LevelFilter, LogContext, LogLevel, Scope as _, bridges,
    clear_logger_cache, configure, flush, get_logger, get_logger_with_level, info, set_log_level,
};
use kakashi_tests::harness::fake_values::Runs;
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::wait::in_time;
use serde_json::Value;

/// Installs the bridge and has everything written as JSON into memory.
fn begin() -> (MutexGuard<'static, ()>, MemorySink) {
    static INSTALL: Once = Once::new();
    let alone = alone();
    INSTALL.call_once(|| bridges::log::install().expect("nobody else has installed anything"));
    clear_logger_cache();
    let memory = MemorySink::new();
    configure()
        .reset()
        .destination(Destination::new(memory.clone()).encoder(Json::new().location(true)))
        .apply();
    (alone, memory)
}

fn records(memory: &MemorySink) -> Vec<Value> {
    assert!(flush().is_complete());
    memory.lines().iter().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
}

fn messages(memory: &MemorySink) -> Vec<String> {
    records(memory).iter().map(|record| record["message"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_record_has_its_target_place_and_fields_with_their_types() {
    let (_alone, memory) = begin();
    let error = "x".parse::<u16>().unwrap_err();
    let line = line!() + 1;
    log::warn!(
        target: "shop::orders",
        id = 1042, total = 19.5, paid = true, sign = 'ß', who = "eve", none = None::<i32>,
        big = u128::MAX, small = i64::MIN, shown:% = LevelFilter::OFF, seen:? = "q", error:err = error;
        "Order {} accepted {{}}", 7
    );
    let found = records(&memory);
    let mut record = found[0].as_object().expect("an object").clone();
    assert!(record.remove("timestamp").is_some());
    // As text: serde_json has no integers of 128 bits.
    assert!(memory.text().contains(&format!("\"big\":{},\"small\":{},", u128::MAX, i64::MIN)));
    assert!(record.remove("big").is_some() && record.remove("small").is_some());
    let expected = serde_json::json!({
        "level": "WARNING", "logger": "shop::orders", "message": "Order 7 accepted {}",
        "file": file!(), "line": line,
        "id": 1042, "total": 19.5, "paid": true, "sign": "ß", "who": "eve", "none": null,
        "shown": "OFF", "seen": "\"q\"", "error": "invalid digit found in string",
    });
    assert_eq!(Value::Object(record), expected);
}

#[test]
fn what_one_place_logs_again_with_other_keys_or_kinds_is_written_as_it_is() {
    use log::kv::{Key, Value as Kv};

    let (_alone, memory) = begin();
    let shown = LevelFilter::OFF;
    let long = "k".repeat(200);
    let many: Vec<_> = (0..20).map(|number| format!("key_{number}")).collect();
    let plain = || vec![("id", Kv::from(7)), ("who", Kv::from("eve")), ("x", Kv::from(0.5))];
    let mut sets: Vec<Vec<(&str, Kv<'_>)>> = vec![plain(), plain()];
    // Other kinds of values, fewer keys, more, others, in another order, twice the same, very long.
    sets.push(vec![("id", Kv::from_display(&shown)), ("who", Kv::null()), ("x", Kv::from(true))]);
    sets.push(vec![("id", Kv::from(7)), ("who", Kv::from_debug(&shown)), ("x", Kv::from('c'))]);
    sets.push(vec![("id", Kv::from(7)), ("who", Kv::from("eve"))]);
    sets.push([plain(), vec![("y", Kv::from(1))]].concat());
    sets.push(vec![("id", Kv::from(7)), ("whose", Kv::from("eve")), ("x", Kv::from(1))]);
    sets.push(vec![("ix", Kv::from(7)), ("who", Kv::from("eve")), ("x", Kv::from(1))]);
    sets.push(vec![("x", Kv::from(1)), ("id", Kv::from(2)), ("who", Kv::from(3))]);
    sets.push(vec![(long.as_str(), Kv::from(1))]);
    sets.push(many.iter().map(|key| (key.as_str(), Kv::from(1))).collect());
    sets.push(many.iter().map(|key| (key.as_str(), Kv::from(2))).collect());
    sets.push(vec![]);
    sets.push(plain());

    // Each set as the first of its place, and after all others; with another text, too.
    for text in [format_args!("Order accepted"), format_args!("Order refused")] {
        for set in sets.iter().flat_map(|set| [set, &sets[0], set]) {
            let pairs: Vec<_> = set.iter().map(|(key, value)| (Key::from_str(key), value.clone())).collect();
            let pairs = pairs.as_slice();
            let record = log::Record::builder()
                .args(text)
                .target("shop::orders")
                .file_static(Some("src/orders.rs"))
                .module_path_static(Some("shop::orders"))
                .line(Some(12))
                .key_values(&pairs)
                .build();
            log::logger().log(&record);
            let found = records(&memory).pop().expect("a record");
            assert_eq!((&found["message"], &found["line"]), (&text.to_string().into(), &12.into()));
            let keys: Vec<_> = found.as_object().expect("an object").keys().collect();
            assert_eq!(keys.len(), 6 + set.len(), "{keys:?}");
            for (key, value) in set {
                let written = &found[*key];
                let shown = written.as_str().map_or_else(|| written.to_string(), str::to_owned);
                let expected = if value.to_string() == "None" { "null".into() } else { value.to_string() };
                assert_eq!(shown, expected, "{key}");
            }
        }
    }
}

#[test]
fn a_place_crosses_every_form() {
    let (_alone, memory) = begin();
    let wire = MemorySink::new();
    configure().destination(Destination::new(wire.clone()).format(Format::Wire)).apply();
    log::info!("placed");
    let line = line!() - 1;
    assert!(flush().is_complete());
    let bytes = wire.bytes();
    let mut read = kakashi_std::wire::Reader::new(&bytes);
    let Some(kakashi_std::wire::Item::Record(record)) = read.next() else { panic!("a record") };
    let place = record.location().expect("it knows its place");
    assert_eq!((place.module, place.file, place.line), (module_path!(), file!(), line));
    assert_eq!(memory.text(), "");
}

#[test]
fn the_maximum_of_log_follows_every_change_of_levels() {
    let (_alone, _memory) = begin();
    assert_eq!(log::max_level(), log::LevelFilter::Info);
    set_log_level(LogLevel::Error).unwrap();
    assert_eq!(log::max_level(), log::LevelFilter::Error);
    configure().level_of("shop", LogLevel::Debug).apply();
    assert_eq!(log::max_level(), log::LevelFilter::Debug);
    let _loud = get_logger_with_level("loud", LogLevel::Trace);
    assert_eq!(log::max_level(), log::LevelFilter::Trace);
    clear_logger_cache();
    assert_eq!(log::max_level(), log::LevelFilter::Debug);
    configure().no_prefix_levels().level(LevelFilter::OFF).apply();
    assert_eq!(log::max_level(), log::LevelFilter::Off);
    set_log_level(LogLevel::Critical).unwrap();
    assert_eq!(log::max_level(), log::LevelFilter::Off, "log has nothing above ERROR");
    set_log_level(25).unwrap();
    assert_eq!(log::max_level(), log::LevelFilter::Warn);
}

#[test]
fn levels_are_those_of_the_logger_that_the_target_names() {
    let (_alone, memory) = begin();
    configure().level(LogLevel::Warning).level_of("shop", LogLevel::Debug).apply();
    log::debug!(target: "shop::db", "prefix");
    log::debug!(target: "hyper", "below the global one");
    assert!(log::log_enabled!(target: "shop::db", log::Level::Debug));
    assert!(!log::log_enabled!(target: "hyper", log::Level::Info));
    let _own = get_logger_with_level("hyper", LogLevel::Trace);
    log::trace!(target: "hyper", "its own");
    set_log_level(LogLevel::Debug).unwrap();
    log::debug!(target: "other", "later");
    log::trace!(target: "other", "not enough");
    assert_eq!(messages(&memory), ["prefix", "its own", "later"]);
}

#[test]
fn nothing_is_formatted_below_the_threshold() {
    let (_alone, memory) = begin();
    configure().level_of("shop", LogLevel::Trace).apply();
    let formatted = Cell::new(0);
    let value = Runs(|| formatted.set(formatted.get() + 1));
    log::trace!(target: "other", key:% = value; "text {value}");
    assert_eq!(formatted.get(), 0, "log's maximum lets it pass, the logger's level does not");
    log::trace!(target: "shop", key:% = value; "text {value}");
    assert_eq!(formatted.get(), 2, "once in the text, once as a field");
    assert_eq!(messages(&memory), ["text shown"]);
}

#[test]
fn a_second_installation_says_who_is_there() {
    let (_alone, _memory) = begin();
    let error = bridges::log::install().unwrap_err();
    assert_eq!(error.by(), Some("kakashi"));
    assert_eq!(error.to_string(), "kakashi receives the records of `log` already: install it once");
}

#[test]
fn records_have_the_context_and_keep_the_order_of_calls() {
    let (_alone, memory) = begin();
    let logger = get_logger("shop");
    LogContext::new().with_request_id("r-1").within(|| {
        info!(logger, "one");
        log::info!(target: "dep", request = 2; "two");
        info!(logger, "three");
    });
    log::info!("four");
    let found = records(&memory);
    assert_eq!(messages(&memory), ["one", "two", "three", "four"]);
    assert_eq!((&found[1]["request_id"], &found[1]["request"]), (&"r-1".into(), &2.into()));
    assert_eq!(found[3].get("request_id"), None);
}

#[test]
fn a_redacted_key_of_log_is_not_written() {
    let (_alone, memory) = begin();
    configure().redact(["password"]).apply();
    log::info!(password = "hunter2", user = "eve"; "in");
    assert_eq!(records(&memory)[0]["password"], "[REDACTED]");
    assert!(!memory.text().contains("hunter2"));
}

#[test]
fn serde_types_of_log_keep_their_structure_in_which_keys_are_redacted() {
    #[derive(serde::Serialize)]
    struct Login {
        user: &'static str,
        password: &'static str,
        tries: Vec<u8>,
    }

    let (_alone, memory) = begin();
    configure().redact(["password"]).apply();
    let login = Login { user: "eve", password: "hunter2", tries: vec![1, 2] };
    for _ in 0..2 {
        log::info!(login:serde = login, shown:% = 1.5, seen:? = Some("x"); "in");
    }
    for found in records(&memory) {
        let expected = serde_json::json!({ "user": "eve", "password": "[REDACTED]", "tries": [1, 2] });
        assert_eq!(found["login"], expected);
        assert_eq!((&found["shown"], &found["seen"]), (&"1.5".into(), &"Some(\"x\")".into()));
    }
}

/// Keys and values whose source panics after the first.
struct PanickingSource;

impl log::kv::Source for PanickingSource {
    fn visit<'k>(&'k self, visitor: &mut dyn log::kv::VisitSource<'k>) -> Result<(), log::kv::Error> {
        visitor.visit_pair("first".into(), 1.into())?;
        panic!("no second");
    }
}

#[test]
fn a_source_of_fields_that_panics_costs_its_own_fields() {
    let (_alone, memory) = begin();
    // Of one place: the second and third follow what the first was.
    for line in [None, Some(7), Some(7), Some(7)] {
        let record = log::Record::builder()
            .args(format_args!("text"))
            .target("shop")
            .module_path_static(Some("shop"))
            .file_static(Some("src/shop.rs"))
            .line(line)
            .key_values(&PanickingSource)
            .build();
        log::logger().log(&record);
    }
    let found = records(&memory);
    assert_eq!(found.len(), 4, "{found:?}");
    for record in found {
        assert_eq!((&record["message"], &record["first"]), (&"text".into(), &1.into()));
        assert_eq!(record["fields_error"], "[panicked while they were read]");
    }
}

#[test]
fn a_display_that_panics_is_no_record_of_a_panic() {
    let (_alone, memory) = begin();
    let panics = Runs(|| panic!("in a value"));
    log::info!(bad:% = panics; "text");
    log::info!("{panics}");
    assert_eq!(messages(&memory), ["text", "[panicked while it was formatted]"]);
}

#[test]
fn a_display_that_logs_through_log_is_written_first_and_an_error_at_once() {
    let (_alone, memory) = begin();
    let before = StatsSince::now();
    in_time(|| {
        let value = Runs(|| {
            log::info!("Inner info");
            log::error!("Inner error");
        });
        log::info!(field:% = value; "Outer {value}");
    });
    assert_eq!(messages(&memory), ["Inner info", "Inner error", "Inner info", "Inner error", "Outer shown"]);
    assert_eq!((before.written(), before.dropped().total()), (5, 0));
}

/// Logs itself.
struct Endless(RefCell<usize>);

impl Endless {
    fn again(&self) -> &dyn fmt::Display {
        self
    }
}

impl fmt::Display for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        *self.0.borrow_mut() += 1;
        log::info!("{}", Self::again(self));
        f.write_str("shown")
    }
}

#[test]
fn a_display_that_logs_itself_ends_and_is_counted() {
    let (_alone, memory) = begin();
    let before = StatsSince::now();
    let endless = Endless(RefCell::new(0));
    log::info!("{endless}");
    assert_eq!(messages(&memory), ["Records were dropped", "shown", "shown", "shown", "shown"]);
    assert_eq!(*endless.0.borrow(), 4);
    assert_eq!(before.dropped().of(LogLevel::Info, DropReason::Reentrant), 1);
}

#[test]
fn a_display_that_panics_costs_its_own_value() {
    let (_alone, memory) = begin();
    let panics = Runs(|| std::panic::resume_unwind(Box::new(())));
    log::info!(before = 1, bad:% = panics, after = 2; "text");
    log::info!("{panics}");
    log::info!("next");
    let found = records(&memory);
    assert_eq!(found.len(), 3);
    let words = "[panicked while it was formatted]";
    assert_eq!(
        (&found[0]["before"], &found[0]["bad"], &found[0]["after"]),
        (&1.into(), &words.into(), &2.into())
    );
    assert_eq!((&found[1]["message"], &found[2]["message"]), (&words.into(), &"next".into()));
}

#[test]
fn targets_that_come_and_go_are_not_kept() {
    let (_alone, memory) = begin();
    for number in 0..2000 {
        let target = format!("peer-{number}");
        log::info!(target: &target, "hello");
    }
    let found = records(&memory);
    assert_eq!(found.len(), 2000);
    assert!(found.iter().zip(0..).all(|(record, number)| record["logger"] == format!("peer-{number}")));
}

#[test]
fn a_thread_whose_locals_are_gone_still_logs() {
    let (_alone, memory) = begin();
    struct LogsLast;
    impl Drop for LogsLast {
        fn drop(&mut self) {
            log::info!(n = 1; "last {}", 1);
        }
    }
    thread_local! {
        static LAST: LogsLast = const { LogsLast };
    }
    std::thread::spawn(|| {
        LAST.with(|_| ());
        log::info!("first");
    })
    .join()
    .unwrap();
    assert_eq!(messages(&memory), ["first", "last 1"]);
}

#[test]
fn flush_of_log_writes_what_is_buffered() {
    let (_alone, memory) = begin();
    log::info!("buffered");
    log::logger().flush();
    assert_eq!(memory.lines().len(), 1);
}
