//! `configure()` takes back what it has set; each destination has its own form.

use kakashi_std::sinks::MemorySink;
use kakashi_std::{
    Destination, FixedClock, Format, LogContext, LogLevel, LogRecord, Scope as _, Timestamp, Value,
    configure, debug, fields, flush, get_logger, info,
};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::read_back::{entries, text};

use crate::common::{messages, to_memory};

/// Sets everything that can be set, and that a record shows.
fn set_all() {
    configure()
        .format(Format::Json)
        .service("shop", "1.0", "test")
        .level(LogLevel::Debug)
        .level_of("app", LogLevel::Error)
        .level_of("app::db", LogLevel::Critical)
        .redact(["password"])
        .enricher(|_: &LogRecord<'_>, add: &mut dyn FnMut(&str, Value<'_>)| add("host", Value::Str("web-1")))
        .filter(|record: &LogRecord<'_>| record.field("hidden").is_none())
        .clock(FixedClock(Timestamp::from_unix_micros(0)))
        .apply();
}

fn to(memory: &MemorySink) -> Destination {
    Destination::new(memory.clone())
}

#[test]
fn reset_takes_everything_back_in_one_call() {
    let _alone = alone();
    set_all();
    let memory = MemorySink::new();
    configure().reset().destination(to(&memory)).apply();
    debug!("Not enabled");
    info!("Everything", password = "shown", hidden = 1);
    info!(get_logger("app::db"), "Of app");
    assert_eq!(messages(&memory), ["Everything", "Of app"]);
    let written = &text(&memory.bytes())[0];
    assert_eq!(written.fields.len(), 2, "no service, no host: {written:?}");
    assert_eq!(written.get("password"), Some("shown"));
    assert!(!memory.text().starts_with("1970"));
    to_memory();
}

#[test]
fn what_comes_after_reset_holds() {
    let _alone = alone();
    set_all();
    let memory = MemorySink::new();
    configure()
        .level(LogLevel::Trace)
        .reset()
        .level(LogLevel::Debug)
        .format(Format::Text)
        .destination(to(&memory))
        .apply();
    debug!("Enabled");
    assert_eq!(messages(&memory), ["Enabled"]);
    to_memory();
}

#[test]
fn each_setting_is_taken_back_by_its_own_word() {
    let _alone = alone();
    let memory = to_memory();
    set_all();
    configure().format(Format::Text).no_filters().apply();
    info!("Hidden", hidden = 1);
    configure().no_enrichers().apply();
    info!("No host");
    configure().no_level_of("app::db").apply();
    get_logger("app::db").error("As app", &[]);
    get_logger("app::db").info("Not as all", &[]);
    configure().no_prefix_levels().apply();
    get_logger("app::db").info("As all", &[]);
    configure().redact([] as [&str; 0]).service("", "", "").apply();
    info!("Shown", password = "shown");
    assert!(flush().is_complete());
    assert!(memory.text().lines().all(|line| line.starts_with("1970")));
    configure().default_clock().apply();
    info!("Now");
    let entries = {
        messages(&memory);
        text(&memory.bytes())
    };
    let found: Vec<(&str, usize)> =
        entries.iter().map(|entry| (entry.message.as_str(), entry.fields.len())).collect();
    assert_eq!(
        found,
        [("Hidden", 5), ("No host", 3), ("As app", 3), ("As all", 3), ("Shown", 1), ("Now", 0)],
    );
    assert_eq!(entries[4].get("password"), Some("shown"));
    assert!(!memory.text().lines().last().unwrap().starts_with("1970"));
    configure().default_destination().apply();
    debug!("To stderr");
    assert_eq!(messages(&memory).len(), 6, "nothing more comes here");
    configure().reset().apply();
    to_memory();
}

#[test]
fn each_destination_has_its_own_format_threshold_and_fields() {
    let _alone = alone();
    let [as_text, as_json, as_wire] = [(); 3].map(|()| MemorySink::new());
    let service = ["service_name", "version", "environment"];
    configure()
        .reset()
        .service("shop", "1.4.2", "production")
        .destination(to(&as_text).format(Format::Text).without_fields(service).threshold(LogLevel::Debug))
        .destination(to(&as_json).format(Format::Json))
        .destination(to(&as_wire).format(Format::Wire).without_fields(["environment", "user_id"]))
        .apply();
    let logger = get_logger("shop::orders");
    let context = LogContext::new().with_request_id("r-1").with_user_id("u-1");
    // What is remembered of contexts must not differ by what was logged before.
    for round in 0..3 {
        info!(logger, "Plain", round);
        context.within(|| {
            info!(logger, "In context", round);
            info!(logger, "Own", round, version = "the call's own");
            logger.info("Words", fields![round, user_id = "the call's own"]);
        });
    }
    assert!(flush().is_complete());
    let keys = |memory: &MemorySink, format: Format| -> Vec<String> {
        let entries = entries(format, &memory.bytes());
        let keys = |entry: &kakashi_tests::harness::read_back::ArrivedRecord| {
            entry.fields.iter().map(|field| field.0.as_str()).collect::<Vec<_>>().join(" ")
        };
        assert!(entries.iter().skip(2).step_by(4).all(|own| own.get("version") == Some("the call's own")));
        assert!(entries.iter().skip(3).step_by(4).all(|own| own.get("user_id") == Some("the call's own")));
        entries.iter().map(keys).collect()
    };
    let thrice = |keys: [&'static str; 4]| keys.repeat(3);
    assert_eq!(
        keys(&as_text, Format::Text),
        thrice([
            "round",
            "round request_id user_id",
            "round version request_id user_id",
            "round user_id request_id",
        ])
    );
    assert_eq!(
        keys(&as_json, Format::Json),
        thrice([
            "round service_name version environment",
            "round service_name version environment request_id user_id",
            "round version service_name environment request_id user_id",
            "round user_id service_name version environment request_id",
        ])
    );
    assert_eq!(
        keys(&as_wire, Format::Wire),
        thrice([
            "round service_name version",
            "round service_name version request_id",
            "round version service_name request_id",
            "round user_id service_name version request_id",
        ])
    );
    configure().reset().apply();
    to_memory();
}

#[test]
fn a_terminal_leaves_the_service_out_and_text_does_not() {
    use kakashi_std::{EncoderCache, Output};
    let service = LogContext::new().with_service_name("shop").with_version("1.4.2").with_environment("test");
    let context = service.with_user_id("u-1");
    let own = fields![version = 2];
    let line = |format: Format, terminal: bool| {
        let mut room = [0; 512];
        let mut out = Output::new(&mut room);
        let record = LogRecord::new(
            Timestamp::from_unix_micros(0),
            LogLevel::Info,
            kakashi_core::Name::new("shop"),
            "Ready",
        );
        let record = record.with_fields(own).with_context(context.fields());
        format.encoder(terminal, false).encode(&record, &mut EncoderCache::new(), &mut out);
        String::from_utf8(out.written().to_vec()).unwrap()
    };
    assert_eq!(line(Format::Auto, true), "00:00:00.000 INFO  shop  Ready  version=2 user_id=u-1\n");
    assert!(line(Format::Pretty, true).contains("service_name=shop"));
    assert!(line(Format::Auto, false).contains("service_name=shop"));
}
