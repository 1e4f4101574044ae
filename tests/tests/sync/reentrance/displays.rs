//! Values and destructors that log, flush or configure.

use std::cell::RefCell;
use std::fmt;

use kakashi_std::{
    DropReason, LogLevel, LogRecord, Logger, LoggerConfig, Text, Value, configure, create_custom_logger,
    error, fields, flush, get_async_logger, get_logger, info,
};
use kakashi_tests::harness::fake_values::Runs;
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::read_back::{announced, of_text};
use kakashi_tests::harness::wait::{eventually, in_time};

use crate::common::{arrived, child, messages, to_memory};

#[test]
fn a_display_may_log_through_any_logger_at_any_level() {
    let _alone = alone();
    let (logger, memory) = to_memory();
    let custom = create_custom_logger("custom", LoggerConfig::new().sink(Text, memory.clone()));
    let before = StatsSince::now();
    let inner = custom.clone();
    in_time(move || {
        let value = Runs(|| {
            info!(logger, "Inner info");
            error!(logger, "Inner error");
            info!(inner, "Inner custom");
        });
        info!(logger, "Outer", value = %value, n = 1);
        assert!(logger.flush().is_complete());
        assert!(inner.flush().is_complete());
    });
    let entries = arrived(&memory);
    let mut found = messages(&entries);
    found.sort_unstable();
    assert_eq!(found, ["Inner custom", "Inner error", "Inner info", "Outer"], "each once");
    let outer = entries.iter().find(|entry| entry.message == "Outer").unwrap();
    assert_eq!((outer.get("value"), outer.get("n")), (Some("shown"), Some("1")));
    assert_eq!((before.written(), before.dropped().total()), (4, 0));
}

#[test]
fn a_display_may_flush() {
    let _alone = alone();
    let (logger, memory) = to_memory();
    in_time(move || {
        let again = logger.clone();
        let value = Runs(move || {
            flush();
            again.flush();
        });
        info!(logger, "Outer", value = %value);
        error!(logger, "Outer", value = %value);
        assert!(flush().is_complete());
    });
    assert_eq!(messages(&arrived(&memory)), ["Outer", "Outer"]);
}

/// Logs a record with itself as a value.
struct Recursive(Logger);

impl fmt::Display for Recursive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        info!(self.0, "Again", value = %self);
        f.write_str("shown")
    }
}

#[test]
fn a_display_that_logs_itself_ends_and_drops_are_announced() {
    let _alone = alone();
    let (logger, memory) = to_memory();
    let before = StatsSince::now();
    in_time(move || {
        info!(logger, "First", value = %Recursive(logger.clone()));
        info!(logger, "Last");
        assert!(flush().is_complete());
    });
    let entries = arrived(&memory);
    assert_eq!(entries.iter().filter(|entry| entry.message == "First").count(), 1);
    assert_eq!(entries.iter().filter(|entry| entry.message == "Last").count(), 1);
    let dropped = before.dropped();
    assert!(dropped.total() > 0 && dropped.total() < 1000, "{dropped:?}");
    assert_eq!(dropped.of_reason(DropReason::Reentrant), dropped.total());
    assert_eq!(dropped.of_level(LogLevel::Info), dropped.total());
    assert_eq!(announced(&entries), dropped.total() as u64);
}

#[test]
fn a_thread_local_destructor_may_log_whenever_it_runs() {
    struct Says(&'static str);
    impl Drop for Says {
        fn drop(&mut self) {
            info!(get_logger("outer"), "Destroyed", which = self.0);
            error!(get_logger("outer"), "Destroyed", which = self.0);
        }
    }
    thread_local! {
        static EARLY: RefCell<Option<Says>> = const { RefCell::new(None) };
        static LATE: RefCell<Option<Says>> = const { RefCell::new(None) };
    }
    let _alone = alone();
    let (_, memory) = to_memory();
    in_time(|| {
        // Destructors run in the order in which they were asked for, or the
        // reverse: one of them comes after the logger's own.
        EARLY.with(|early| *early.borrow_mut() = Some(Says("early")));
        info!(get_logger("outer"), "Logged");
        LATE.with(|late| *late.borrow_mut() = Some(Says("late")));
    });
    assert!(eventually(|| arrived(&memory).len() >= 5), "{:?}", arrived(&memory));
    let entries = arrived(&memory);
    let mut said: Vec<(&str, &str)> =
        entries.iter().filter_map(|entry| Some((entry.get("which")?, entry.level.as_str()))).collect();
    said.sort_unstable();
    assert_eq!(said, [("early", "ERROR"), ("early", "INFO"), ("late", "ERROR"), ("late", "INFO")]);
}

#[test]
fn a_kept_record_has_the_context_of_its_call() {
    let _alone = alone();
    let (logger, memory) = to_memory();
    in_time(move || {
        kakashi_std::set_custom_context(fields![tenant = "acme"]);
        let value = Runs(|| info!(logger, "Inner {n}", n = 7));
        info!(logger, "Outer", value = %value);
        assert!(flush().is_complete());
    });
    let entries = arrived(&memory);
    let inner = entries.iter().find(|entry| entry.message == "Inner 7").unwrap();
    assert_eq!(inner.fields, [("n".into(), "7".into()), ("tenant".into(), "acme".into())]);
}

#[test]
fn what_is_nested_is_one_line_each() {
    let _alone = alone();
    let (logger, memory) = to_memory();
    in_time(move || {
        for _ in 0..100 {
            let value = Runs(|| info!(logger, "Inner", text = "a\nb"));
            info!(logger, "Outer", value = %value);
        }
        assert!(flush().is_complete());
    });
    assert_eq!(memory.lines().len(), 200);
    memory.lines().iter().for_each(|line| drop(of_text(&format!("{line}\n"))));
}

#[test]
#[cfg(unix)]
fn a_display_may_configure() {
    assert_eq!(messages(&child("configure_in_a_display")), ["Before", "Outer", "After"]);
}

#[test]
fn a_filter_and_an_enricher_may_change_the_settings_each_time() {
    let _alone = alone();
    let (logger, memory) = to_memory();
    let own = kakashi_std::sinks::MemorySink::new();
    let custom = create_custom_logger("custom", LoggerConfig::new().sink(Text, own.clone()));
    let before = StatsSince::now();
    let change = || configure().level(LogLevel::Info).apply();
    configure()
        .filter(move |_: &LogRecord<'_>| {
            change();
            true
        })
        .enricher(move |_: &LogRecord<'_>, add: &mut dyn FnMut(&str, Value<'_>)| {
            change();
            add("host", Value::Str("web-1"));
        })
        .apply();
    in_time(move || {
        info!(logger, "Info");
        error!(logger, "Error");
        info!(custom, "Custom");
        info!(get_async_logger("queued"), "Queued");
        assert!(flush().is_complete());
    });
    configure().no_filters().no_enrichers().apply();
    let entries = arrived(&memory);
    assert_eq!(messages(&entries), ["Info", "Error", "Queued"]);
    assert_eq!(messages(&arrived(&own)), ["Custom"]);
    assert_eq!((before.written(), before.dropped().total()), (4, 0));
    assert_eq!(memory.text().matches("host=web-1").count(), 3);
}
