//! Fields whose values are redacted.

use kakashi_std::{
    Enricher, Format, LogContext, LogRecord, LoggerConfig, Scope as _, Text, Value, configure,
    create_custom_logger, fields, flush, get_logger, info, sinks,
};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::read_back::{entries, text};
use sinks::MemorySink;

use crate::common::to_memory;

/// A value that must never be written.
const SECRET: &str = "hunter2";

struct Card;

impl Enricher for Card {
    fn enrich(&self, _: &LogRecord<'_>, add: &mut dyn FnMut(&str, Value<'_>)) {
        add("password", Value::Str(SECRET));
        add("pass", Value::Str("added"));
    }
}

#[derive(serde::Serialize)]
struct User {
    name: &'static str,
    card: &'static str,
    cards: Vec<Number>,
}

#[derive(serde::Serialize)]
struct Number {
    number: &'static str,
    kind: &'static str,
}

fn user() -> User {
    let number = || Number { number: SECRET, kind: "debit" };
    User { name: "Ann", card: SECRET, cards: vec![number(), number()] }
}

#[test]
fn a_secret_is_redacted_wherever_it_stands_and_nothing_else_is() {
    let _alone = alone();
    for format in [Format::Text, Format::Json, Format::Wire] {
        let memory = to_memory();
        configure()
            .format(format)
            .redact(["password", "user.card", "user.cards.number", "token.value"])
            .apply();
        let logger = get_logger("redacted");
        info!(logger, "Login of {user_name} with {password}", user_name = "ann", password = SECRET);
        logger.info("By a function", fields![password = SECRET, other = 1]);
        info!(logger, "By Display and Debug", password = %SECRET);
        info!(logger, "By Debug", password = ?Some(SECRET));
        info!(logger, "Nested", user = kakashi_std::Serde(&user()));
        info!(logger, "A key with a dot", "user.card" = SECRET);
        LogContext::new()
            .with_custom(fields![password = SECRET, tenant = "acme"])
            .within(|| info!(logger, "In context"));
        let similar = fields![passwords = "a", Password = "b", my_password = "c", pass = "d", card = "e"];
        logger.info("Similar keys", similar);
        logger.exception("An error", &std::io::Error::other("failed"), fields![password = SECRET]);
        assert!(flush().is_complete());

        let bytes = memory.bytes();
        let found = bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
        assert!(!found, "{format:?}: {}", memory.text());
        let entries = entries(format, &bytes);
        assert_eq!(entries[0].message, "Login of ann with [REDACTED]");
        for at in [0, 1, 2, 3, 6, 8] {
            assert_eq!(entries[at].get("password"), Some("[REDACTED]"), "{format:?} {}", entries[at].message);
        }
        assert_eq!(entries[1].get("other"), Some("1"));
        let nested = entries[4].get("user").unwrap();
        let number = r#"{"number":"[REDACTED]","kind":"debit"}"#;
        assert_eq!(nested, format!(r#"{{"name":"Ann","card":"[REDACTED]","cards":[{number},{number}]}}"#));
        assert_eq!(entries[5].get("user.card"), Some("[REDACTED]"));
        assert_eq!(entries[6].get("tenant"), Some("acme"));
        for (key, value) in
            [("passwords", "a"), ("Password", "b"), ("my_password", "c"), ("pass", "d"), ("card", "e")]
        {
            assert_eq!(entries[7].get(key), Some(value), "{format:?}");
        }
    }
}

#[test]
fn a_custom_logger_redacts_what_its_context_and_its_enrichers_say() {
    let _alone = alone();
    let memory = MemorySink::new();
    let config = LoggerConfig::new().redact(["password"]).enricher(Card).sink(Text, memory.clone());
    let logger = create_custom_logger("custom", config);
    info!(logger, "Enriched");
    info!(logger.with_fields(fields![password = SECRET]), "In the logger's context");
    assert!(logger.flush().is_complete());
    assert!(!memory.text().contains(SECRET), "{}", memory.text());
    for entry in text(&memory.bytes()) {
        assert_eq!((entry.get("password"), entry.get("pass")), (Some("[REDACTED]"), Some("added")));
    }
}

#[test]
fn a_redaction_reaches_contexts_that_are_in_use() {
    let _alone = alone();
    let memory = to_memory();
    LogContext::new().with_custom(fields![password = "first"]).within(|| {
        info!("Before");
        configure().redact(["password"]).apply();
        info!("After");
    });
    assert!(flush().is_complete());
    let entries = text(&memory.bytes());
    let passwords: Vec<_> = entries.iter().map(|entry| entry.get("password")).collect();
    assert_eq!(passwords, [Some("first"), Some("[REDACTED]")]);
}
